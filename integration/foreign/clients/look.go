// Asks a peer for its health and for what it serves, with gRPC's and protobuf's Go: look HOST:PORT
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	health "google.golang.org/grpc/health/grpc_health_v1"
	reflection "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const within = 10 * time.Second

func main() {
	context, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	connection, err := grpc.DialContext(context, os.Args[1], grpc.WithInsecure())
	expect(err)
	for _, service := range []string{"", "gossip.v1.GossipService", "nothing"} {
		fmt.Printf("health of '%s': %s\n", service, healthOf(context, connection, service))
	}
	stream, err := reflection.NewServerReflectionClient(connection).ServerReflectionInfo(context)
	expect(err)
	all := &reflection.ServerReflectionRequest{MessageRequest: &reflection.ServerReflectionRequest_ListServices{}}
	for _, service := range asked(stream, all).GetListServicesResponse().Service {
		symbol := &reflection.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service.Name}
		found := asked(stream, &reflection.ServerReflectionRequest{MessageRequest: symbol})
		fmt.Printf("%s: %s\n", service.Name, methodsOf(service.Name, found.GetFileDescriptorResponse().FileDescriptorProto))
	}
}

func healthOf(context context.Context, connection *grpc.ClientConn, service string) string {
	client, request := health.NewHealthClient(connection), &health.HealthCheckRequest{Service: service}
	watch, err := client.Watch(context, request)
	expect(err)
	first, err := watch.Recv()
	expect(err)
	checked := ""
	if answer, err := client.Check(context, request); err == nil {
		checked = answer.Status.String()
	} else {
		checked = status.Code(err).String()
	}
	return checked + ", " + first.Status.String()
}

func asked(stream reflection.ServerReflection_ServerReflectionInfoClient, request *reflection.ServerReflectionRequest) *reflection.ServerReflectionResponse {
	expect(stream.Send(request))
	answer, err := stream.Recv()
	expect(err)
	return answer
}

// methodsOf names the methods of a service, once protobuf has accepted the files.
func methodsOf(service string, serialized [][]byte) string {
	set := &descriptorpb.FileDescriptorSet{}
	for _, bytes := range serialized {
		file := &descriptorpb.FileDescriptorProto{}
		expect(proto.Unmarshal(bytes, file))
		set.File = append(set.File, file)
	}
	files, err := protodesc.NewFiles(set)
	expect(err)
	found, err := files.FindDescriptorByName(protoreflect.FullName(service))
	expect(err)
	methods := found.(protoreflect.ServiceDescriptor).Methods()
	names := make([]string, methods.Len())
	for at := range names {
		names[at] = string(methods.Get(at).Name())
	}
	return strings.Join(names, " ")
}

func expect(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
