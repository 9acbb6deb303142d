# Ends with 0 where the peer in this container lives, by gRPC's Health service. The bytes are those of one call of
# /grpc.health.v1.Health/Check, written by hand: any client that could make them takes a hundred times as long to start.
address=${GOSSIP_HEALTH_ADDRESS:-127.0.0.1:7948}
host=${address%:*} host=${host#[} host=${host%]}
LC_ALL=C
exec 3<>"/dev/tcp/$host/${address##*:}" || exit 1

# HTTP/2: the preface, SETTINGS without any, HEADERS of stream 1, DATA with an empty message, after which nothing comes.
printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' >&3
printf '\0\0\0\4\0\0\0\0\0' >&3
headers='\x83\x86\4\x1c/grpc.health.v1.Health/Check\1\1h\x0f\x10\x10application/grpc\0\2te\x08trailers'
printf "\\0\\0\\x43\\1\\4\\0\\0\\0\\1$headers" >&3
printf '\0\0\5\0\1\0\0\0\1\0\0\0\0\0' >&3

# The answer's DATA end with 0 0 0 0 2 8 1: a message of two bytes, whose field 1 is 1, SERVING.
while IFS= read -r -d '' -t 3 -u 3 part; do [[ $part == $'\2\10\1' ]] && exit 0; done
exit 1
