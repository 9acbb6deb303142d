// Generated from the .proto files by `npm run generate`: the schema as data, so that no file is read at run time.
export const loaderOptions = {"longs":Number,"enums":String,"defaults":true,"arrays":true,"oneofs":true};
export const descriptor = {
 "nested": {
  "gossip": {
   "nested": {
    "v1": {
     "nested": {
      "GossipService": {
       "methods": {
        "Exchange": {
         "requestType": "ExchangeRequest",
         "requestStream": true,
         "responseType": "ExchangeResponse",
         "responseStream": true
        },
        "Probe": {
         "requestType": "ProbeRequest",
         "requestStream": true,
         "responseType": "ProbeResponse",
         "responseStream": true
        }
       }
      },
      "Status": {
       "values": {
        "STATUS_UNSPECIFIED": 0,
        "STATUS_ALIVE": 1,
        "STATUS_SUSPECT": 2,
        "STATUS_FAILED": 3,
        "STATUS_LEFT": 4
       }
      },
      "Meta": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "tags": {
         "keyType": "string",
         "type": "string",
         "id": 2
        }
       }
      },
      "Record": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        },
        "generation": {
         "type": "uint64",
         "id": 2
        },
        "incarnation": {
         "type": "uint64",
         "id": 3
        },
        "status": {
         "type": "Status",
         "id": 4
        },
        "meta": {
         "type": "Meta",
         "id": 5
        },
        "goneForMs": {
         "type": "uint64",
         "id": 6
        },
        "accusers": {
         "rule": "repeated",
         "type": "Accuser",
         "id": 7
        }
       }
      },
      "Accuser": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        },
        "broken": {
         "type": "bool",
         "id": 2
        }
       }
      },
      "Range": {
       "fields": {
        "from": {
         "type": "string",
         "id": 1
        },
        "to": {
         "type": "string",
         "id": 2
        }
       }
      },
      "Versions": {
       "fields": {
        "oldest": {
         "type": "uint32",
         "id": 1
        },
        "newest": {
         "type": "uint32",
         "id": 2
        }
       }
      },
      "ExchangeRequest": {
       "fields": {
        "cluster": {
         "type": "string",
         "id": 1
        },
        "recipient": {
         "type": "string",
         "id": 2
        },
        "sender": {
         "type": "string",
         "id": 3
        },
        "records": {
         "rule": "repeated",
         "type": "Record",
         "id": 4
        },
        "viewHash": {
         "type": "uint64",
         "id": 5
        },
        "buckets": {
         "rule": "repeated",
         "type": "uint32",
         "id": 6
        },
        "range": {
         "type": "Range",
         "id": 7
        },
        "versions": {
         "type": "Versions",
         "id": 8
        }
       }
      },
      "ExchangeResponse": {
       "fields": {
        "sender": {
         "type": "string",
         "id": 1
        },
        "records": {
         "rule": "repeated",
         "type": "Record",
         "id": 2
        },
        "viewHash": {
         "type": "uint64",
         "id": 3
        },
        "bucketHashes": {
         "rule": "repeated",
         "type": "fixed32",
         "id": 4
        },
        "versions": {
         "type": "Versions",
         "id": 6
        }
       },
       "reserved": [
        [
         5,
         5
        ]
       ]
      },
      "ProbeRequest": {
       "fields": {
        "cluster": {
         "type": "string",
         "id": 1
        },
        "recipient": {
         "type": "string",
         "id": 2
        },
        "sender": {
         "type": "string",
         "id": 3
        },
        "target": {
         "type": "string",
         "id": 4
        }
       }
      },
      "ProbeResponse": {
       "fields": {
        "reached": {
         "type": "bool",
         "id": 1
        },
        "untried": {
         "type": "bool",
         "id": 2
        }
       }
      },
      "MembershipService": {
       "methods": {
        "GetMembers": {
         "requestType": "GetMembersRequest",
         "responseType": "GetMembersResponse"
        },
        "WatchMembers": {
         "requestType": "WatchMembersRequest",
         "responseType": "WatchMembersResponse",
         "responseStream": true
        },
        "GetTraffic": {
         "requestType": "GetTrafficRequest",
         "responseType": "GetTrafficResponse"
        },
        "GetState": {
         "requestType": "GetStateRequest",
         "responseType": "GetStateResponse"
        }
       }
      },
      "Member": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        },
        "status": {
         "type": "Status",
         "id": 2
        },
        "generation": {
         "type": "uint64",
         "id": 3
        },
        "incarnation": {
         "type": "uint64",
         "id": 4
        },
        "meta": {
         "type": "Meta",
         "id": 5
        }
       }
      },
      "MemberEvent": {
       "fields": {
        "kind": {
         "type": "Kind",
         "id": 1
        },
        "member": {
         "type": "Member",
         "id": 2
        }
       },
       "nested": {
        "Kind": {
         "values": {
          "KIND_UNSPECIFIED": 0,
          "KIND_JOINED": 1,
          "KIND_UPDATED": 2,
          "KIND_SUSPECTED": 3,
          "KIND_RECOVERED": 4,
          "KIND_FAILED": 5,
          "KIND_LEFT": 6
         }
        }
       }
      },
      "GetMembersRequest": {
       "fields": {
        "includeGone": {
         "type": "bool",
         "id": 1
        },
        "pageSize": {
         "type": "uint32",
         "id": 2
        },
        "after": {
         "type": "string",
         "id": 3
        }
       }
      },
      "GetMembersResponse": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        },
        "members": {
         "rule": "repeated",
         "type": "Member",
         "id": 2
        },
        "next": {
         "type": "string",
         "id": 3
        }
       }
      },
      "WatchMembersRequest": {
       "fields": {
        "reportEveryMs": {
         "type": "uint32",
         "id": 1
        }
       }
      },
      "Snapshot": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        },
        "members": {
         "rule": "repeated",
         "type": "Member",
         "id": 2
        },
        "more": {
         "type": "bool",
         "id": 3
        },
        "reportsEveryMs": {
         "type": "uint32",
         "id": 4
        }
       }
      },
      "Report": {
       "fields": {
        "viewHash": {
         "type": "uint64",
         "id": 1
        },
        "state": {
         "type": "GetStateResponse",
         "id": 2
        },
        "traffic": {
         "type": "GetTrafficResponse",
         "id": 3
        }
       }
      },
      "WatchMembersResponse": {
       "oneofs": {
        "content": {
         "oneof": [
          "snapshot",
          "event",
          "report"
         ]
        }
       },
       "fields": {
        "snapshot": {
         "type": "Snapshot",
         "id": 1
        },
        "event": {
         "type": "MemberEvent",
         "id": 2
        },
        "report": {
         "type": "Report",
         "id": 3
        }
       }
      },
      "GetTrafficRequest": {
       "fields": {}
      },
      "GetTrafficResponse": {
       "fields": {
        "startedAtMs": {
         "type": "uint64",
         "id": 1
        },
        "runningForMs": {
         "type": "uint64",
         "id": 2
        },
        "exchangesAsked": {
         "type": "uint64",
         "id": 3
        },
        "exchangesAnswered": {
         "type": "uint64",
         "id": 4
        },
        "probesAsked": {
         "type": "uint64",
         "id": 5
        },
        "probesAnswered": {
         "type": "uint64",
         "id": 6
        },
        "unanswered": {
         "type": "uint64",
         "id": 7
        },
        "messagesSent": {
         "type": "uint64",
         "id": 8
        },
        "messagesReceived": {
         "type": "uint64",
         "id": 9
        },
        "bytesSent": {
         "type": "uint64",
         "id": 10
        },
        "bytesReceived": {
         "type": "uint64",
         "id": 11
        },
        "roundTrips": {
         "rule": "repeated",
         "type": "uint64",
         "id": 12
        }
       }
      },
      "GetStateRequest": {
       "fields": {}
      },
      "GetStateResponse": {
       "fields": {
        "state": {
         "type": "State",
         "id": 1
        },
        "reason": {
         "type": "string",
         "id": 2
        },
        "preset": {
         "type": "string",
         "id": 3
        }
       },
       "nested": {
        "State": {
         "values": {
          "STATE_UNSPECIFIED": 0,
          "STATE_STARTING": 1,
          "STATE_ALONE": 2,
          "STATE_JOINING": 3,
          "STATE_JOINED": 4,
          "STATE_UNREACHABLE": 5,
          "STATE_CONFLICTING": 6,
          "STATE_LEAVING": 7
         }
        }
       }
      },
      "AdminService": {
       "methods": {
        "AddSeed": {
         "requestType": "AddSeedRequest",
         "responseType": "AddSeedResponse"
        },
        "RemoveSeed": {
         "requestType": "RemoveSeedRequest",
         "responseType": "RemoveSeedResponse"
        },
        "UpdateMeta": {
         "requestType": "UpdateMetaRequest",
         "responseType": "UpdateMetaResponse"
        },
        "Leave": {
         "requestType": "LeaveRequest",
         "responseType": "LeaveResponse"
        }
       }
      },
      "AddSeedRequest": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        }
       }
      },
      "AddSeedResponse": {
       "fields": {}
      },
      "RemoveSeedRequest": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        }
       }
      },
      "RemoveSeedResponse": {
       "fields": {}
      },
      "UpdateMetaRequest": {
       "fields": {
        "meta": {
         "type": "Meta",
         "id": 1
        }
       }
      },
      "UpdateMetaResponse": {
       "fields": {}
      },
      "LeaveRequest": {
       "fields": {}
      },
      "LeaveResponse": {
       "fields": {}
      }
     }
    }
   }
  },
  "grpc": {
   "nested": {
    "health": {
     "nested": {
      "v1": {
       "nested": {
        "Health": {
         "methods": {
          "Check": {
           "requestType": "HealthCheckRequest",
           "responseType": "HealthCheckResponse"
          },
          "List": {
           "requestType": "HealthListRequest",
           "responseType": "HealthListResponse"
          },
          "Watch": {
           "requestType": "HealthCheckRequest",
           "responseType": "HealthCheckResponse",
           "responseStream": true
          }
         }
        },
        "HealthCheckRequest": {
         "fields": {
          "service": {
           "type": "string",
           "id": 1
          }
         }
        },
        "HealthCheckResponse": {
         "fields": {
          "status": {
           "type": "ServingStatus",
           "id": 1
          }
         },
         "nested": {
          "ServingStatus": {
           "values": {
            "UNKNOWN": 0,
            "SERVING": 1,
            "NOT_SERVING": 2,
            "SERVICE_UNKNOWN": 3
           }
          }
         }
        },
        "HealthListRequest": {
         "fields": {}
        },
        "HealthListResponse": {
         "fields": {
          "statuses": {
           "keyType": "string",
           "type": "HealthCheckResponse",
           "id": 1
          }
         }
        }
       }
      }
     }
    },
    "reflection": {
     "nested": {
      "v1": {
       "nested": {
        "ServerReflection": {
         "methods": {
          "ServerReflectionInfo": {
           "requestType": "ServerReflectionRequest",
           "requestStream": true,
           "responseType": "ServerReflectionResponse",
           "responseStream": true
          }
         }
        },
        "ServerReflectionRequest": {
         "oneofs": {
          "messageRequest": {
           "oneof": [
            "fileByFilename",
            "fileContainingSymbol",
            "fileContainingExtension",
            "allExtensionNumbersOfType",
            "listServices"
           ]
          }
         },
         "fields": {
          "host": {
           "type": "string",
           "id": 1
          },
          "fileByFilename": {
           "type": "string",
           "id": 3
          },
          "fileContainingSymbol": {
           "type": "string",
           "id": 4
          },
          "fileContainingExtension": {
           "type": "ExtensionRequest",
           "id": 5
          },
          "allExtensionNumbersOfType": {
           "type": "string",
           "id": 6
          },
          "listServices": {
           "type": "string",
           "id": 7
          }
         }
        },
        "ExtensionRequest": {
         "fields": {
          "containingType": {
           "type": "string",
           "id": 1
          },
          "extensionNumber": {
           "type": "int32",
           "id": 2
          }
         }
        },
        "ServerReflectionResponse": {
         "oneofs": {
          "messageResponse": {
           "oneof": [
            "fileDescriptorResponse",
            "allExtensionNumbersResponse",
            "listServicesResponse",
            "errorResponse"
           ]
          }
         },
         "fields": {
          "validHost": {
           "type": "string",
           "id": 1
          },
          "originalRequest": {
           "type": "ServerReflectionRequest",
           "id": 2
          },
          "fileDescriptorResponse": {
           "type": "FileDescriptorResponse",
           "id": 4
          },
          "allExtensionNumbersResponse": {
           "type": "ExtensionNumberResponse",
           "id": 5
          },
          "listServicesResponse": {
           "type": "ListServiceResponse",
           "id": 6
          },
          "errorResponse": {
           "type": "ErrorResponse",
           "id": 7
          }
         }
        },
        "FileDescriptorResponse": {
         "fields": {
          "fileDescriptorProto": {
           "rule": "repeated",
           "type": "bytes",
           "id": 1
          }
         }
        },
        "ExtensionNumberResponse": {
         "fields": {
          "baseTypeName": {
           "type": "string",
           "id": 1
          },
          "extensionNumber": {
           "rule": "repeated",
           "type": "int32",
           "id": 2
          }
         }
        },
        "ListServiceResponse": {
         "fields": {
          "service": {
           "rule": "repeated",
           "type": "ServiceResponse",
           "id": 1
          }
         }
        },
        "ServiceResponse": {
         "fields": {
          "name": {
           "type": "string",
           "id": 1
          }
         }
        },
        "ErrorResponse": {
         "fields": {
          "errorCode": {
           "type": "int32",
           "id": 1
          },
          "errorMessage": {
           "type": "string",
           "id": 2
          }
         }
        }
       }
      }
     }
    }
   }
  }
 }
};
