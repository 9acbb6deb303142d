"""Asks a peer for its health and for what it serves, with gRPC's own .proto files and protobuf's C++: look.py HOST:PORT"""

import sys

import grpc
import health_pb2 as health
import health_pb2_grpc
import reflection_pb2 as reflection
import reflection_pb2_grpc
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal import api_implementation

WITHIN_S = 10


def health_of(stub, service):
    try:
        answer = stub.Check(health.HealthCheckRequest(service=service), timeout=WITHIN_S)
        return health.HealthCheckResponse.ServingStatus.Name(answer.status)
    except grpc.RpcError as error:
        return error.code().name


def first_of_watch(stub, service):
    answers = stub.Watch(health.HealthCheckRequest(service=service), timeout=WITHIN_S)
    first = next(iter(answers))
    answers.cancel()
    return health.HealthCheckResponse.ServingStatus.Name(first.status)


def asked(stub, **request):
    [answer] = stub.ServerReflectionInfo(iter([reflection.ServerReflectionRequest(**request)]), timeout=WITHIN_S)
    return answer


def add(pool, serialized):
    """Adds files to a pool, each after those that it imports; the pool refuses what is not as it should be."""
    files = {file.name: file for file in map(descriptor_pb2.FileDescriptorProto.FromString, serialized)}

    def add_one(name):
        file = files.pop(name, None)
        if file is not None:
            for imported in file.dependency:
                add_one(imported)
            pool.Add(file)

    for name in list(files):
        add_one(name)


def main(address):
    assert api_implementation.Type() == "cpp", "the descriptors are to be judged by protobuf's C++"
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ("", "gossip.v1.GossipService", "nothing"):
            print(f"health of {service!r}: {health_of(stub, service)}, {first_of_watch(stub, service)}")
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        for service in asked(stub, list_services="").list_services_response.service:
            files = asked(stub, file_containing_symbol=service.name).file_descriptor_response.file_descriptor_proto
            pool = DescriptorPool()
            add(pool, files)
            methods = [method.name for method in pool.FindServiceByName(service.name).methods]
            print(f"{service.name}: {' '.join(methods)}")


main(sys.argv[1])
