"""The client's TLS settings. Building them reads the CA bundle and takes 20 to 40 ms."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl


def client_context(*, skip_validation: bool) -> "ssl.SSLContext":
    """A context for HTTP/1.1 over TLS 1.2 or later. Raises ``OSError`` for an unreadable bundle.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name a CA bundle of one's own, as for OpenSSL.
    """
    # Here, because a plain http intake (the local one) has no use for it.
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if skip_validation:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_default_certs()
    return context
