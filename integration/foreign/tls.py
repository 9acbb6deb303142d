"""How a peer speaks TLS: both sides show certificates, which are read again with each handshake."""

import grpc


class Tls:
    """Speaks TLS with everybody, or with nobody: the mode "accept" is not for this peer."""

    def __init__(self, variables):
        self.paths = [variables.get(f"GOSSIP_TLS_{name}") for name in ("KEY", "CERT", "CA")]
        self.is_on = all(self.paths) and variables.get("GOSSIP_TLS_MODE", "require") == "require"

    def read(self):
        return [open(path, "rb").read() for path in self.paths]

    def listen(self, server, address):
        if not self.is_on:
            return server.add_insecure_port(address)
        key, certificate, ca = self.read()
        first = grpc.ssl_server_certificate_configuration([(key, certificate)], ca)
        return server.add_secure_port(
            address, grpc.dynamic_ssl_server_credentials(first, self.present, require_client_authentication=True)
        )

    def present(self):
        try:
            key, certificate, ca = self.read()
            return grpc.ssl_server_certificate_configuration([(key, certificate)], ca)
        except OSError:
            return None  # what was read before stays

    def channel(self, to, options):
        if not self.is_on:
            return grpc.aio.insecure_channel(to, options=options)
        key, certificate, ca = self.read()
        return grpc.aio.secure_channel(to, grpc.ssl_channel_credentials(ca, key, certificate), options=options)

    def problem(self, context, address):
        """Why the caller may not speak for an address; None where it may."""
        if not self.is_on:
            return None
        names = [name.decode() for name in context.auth_context().get("x509_subject_alternative_name", [])]
        host = address.rsplit(":", 1)[0].strip("[]")
        return None if host in names else f"its certificate is not for {host}"
