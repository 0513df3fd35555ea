"""The client's TLS settings. Building them reads the CA certificates and takes 20 to 40 ms.

Which certificates are trusted, first one that exists:

1. the file and the folders that are configured, and nothing else;
2. what this interpreter's OpenSSL was built to look for;
3. a bundle where a distribution usually has one, for an interpreter that was built elsewhere;
4. certifi's bundle, which is installed with us: an image made from scratch has no other.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

from serverless_init.config import NetworkSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

# Debian and Alpine; Fedora and Red Hat; openSUSE; older Red Hat; Alpine and macOS; OpenELEC.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/cacert.pem",
)
# A folder of certificates has some 300 files, links included.
_FOLDER_FILES_MAX = 2000


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """What a connection demands and whom it trusts. Empty paths stand for the system's."""

    skip_validation: bool = False
    is_1_3_only: bool = False
    handshake_timeout_s: float = 10.0
    ca_file: str = ""
    ca_folders: tuple[str, ...] = ()
    key_log_file: str = ""


def tls_options(settings: NetworkSettings, *, skip_validation: bool) -> TlsOptions:
    """The options that `settings` ask for."""
    return TlsOptions(
        skip_validation=skip_validation,
        is_1_3_only=settings.tls_version_min == "tlsv1.3",
        handshake_timeout_s=settings.tls_handshake_timeout_s,
        ca_file=settings.tls_ca_file,
        ca_folders=tuple(folder for folder in settings.tls_ca_folders.split(":") if folder),
        key_log_file=settings.ssl_key_log_file,
    )


def client_context(options: TlsOptions, complain: Callable[[str], None]) -> "ssl.SSLContext":
    """A context for HTTP/1.1 over TLS 1.2 or later.

    Raises ``OSError`` when the configured certificates cannot be read: nobody else is trusted in
    their place. A log of secrets that cannot be written is complained of and left out.
    """
    # Here, because a plain http intake (the local one) has no use for it.
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    newest, usual = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2
    context.minimum_version = newest if options.is_1_3_only else usual
    context.set_alpn_protocols(["http/1.1"])
    if options.key_log_file:
        try:
            context.keylog_filename = options.key_log_file
        except OSError as error:
            complain(f"sslkeylogfile {options.key_log_file}: {error.strerror}; it is not written")
    if options.skip_validation:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif options.ca_file or options.ca_folders:
        _load_configured(context, options)
    else:
        _load_system(context)
    return context


def system_trust(file: str, folder: str, bundles: Iterable[str] = _BUNDLES) -> tuple[str, str]:
    """The file and the folder to trust, empty for none; OpenSSL would look in those given.

    Both count, as for OpenSSL itself: a folder's links are looked up when needed and cost nothing,
    but an image's own authority is often only appended to the file.
    """
    usable = folder if _is_indexed(folder) else ""
    found = next(filter(os.path.isfile, (file, *bundles)), "")
    return found or ("" if usable else _installed_with_us()), usable


def _load_configured(context: "ssl.SSLContext", options: TlsOptions) -> None:
    path = options.ca_file
    try:
        if path:
            context.load_verify_locations(path)
        for path in options.ca_folders:
            _load_folder(context, path)
    except OSError as error:
        raise OSError(f"CA certificates of {path}: {error.strerror or error}") from None


def _load_folder(context: "ssl.SSLContext", folder: str) -> None:
    """Trust what is in the folder's files, whatever their names; others are passed by."""
    for name in sorted(os.listdir(folder))[:_FOLDER_FILES_MAX]:
        try:
            context.load_verify_locations(os.path.join(folder, name))
        except OSError:  # no certificate, a folder, a link to nowhere
            continue


def _load_system(context: "ssl.SSLContext") -> None:
    # Not load_default_certs: that follows SSL_CERT_FILE even when it is empty, and trusts nobody.
    import ssl

    paths = ssl.get_default_verify_paths()
    file, folder = system_trust(paths.openssl_cafile, paths.openssl_capath)
    if file or folder:
        context.load_verify_locations(file or None, folder or None)


def _installed_with_us() -> str:
    try:
        return str(import_module("certifi").where())
    except ImportError:
        return ""


def _is_indexed(folder: str) -> bool:
    """Whether OpenSSL finds certificates in the folder, by links named for their hashes."""
    try:
        return any(name.endswith(".0") for name in os.listdir(folder))
    except OSError:
        return False
