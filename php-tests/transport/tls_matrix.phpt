--TEST--
TLS: what must be refused is refused before any HTTP byte, what must be accepted is accepted
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$mutual = ['secure_dispatch.client_cert_file' => testbed()['client_cert'], 'secure_dispatch.client_key_file' => testbed()['client_key']];
$pinned = fn (string $door) => ['secure_dispatch.pinned_spki' => testbed()['doors'][$door]['spki_sha256']];
// The proxy finds every host on loopback.
$proxied = ['secure_dispatch.proxy' => testbed()['proxy']];
$tries = [];
foreach (['main', 'rsa', 'ecdsa', 'chain', 'wildcard', 'tls12', 'tls13', 'mtls', 'mtls12', 'expired', 'not_yet_valid', 'wrong_host', 'cn_only',
    'unknown_ca', 'self_signed', 'missing_intermediate', 'leaf_as_ca', 'name_constraints', 'client_eku', 'sha1', 'rsa1024', 'tls10', 'tls11',
    'cbc_only', 'plaintext', 'handshake_hang', 'handshake_reset', 'handshake_garbage'] as $door) {
    $tries[] = [$door, $door, match ($door) { 'wildcard' => $proxied, 'mtls', 'mtls12' => $mutual, default => [] }];
}
$tries[] = ['mtls without a certificate', 'mtls', []];
$tries[] = ['pinned', 'main', $pinned('main')];
$tries[] = ['pinned to another key', 'rsa', $pinned('main')];
$tries[] = ['pinned, chain not trusted', 'unknown_ca', $pinned('unknown_ca')];
$tries[] = ['system roots', 'main', ['secure_dispatch.ca_file' => null]];
foreach ($tries as [$name, $door, $settings]) {
    $before = traffic($door);
    $outcome = php('echo outcome(fn () => secure_dispatch_order(["order_id" => 1]));', $settings + [
        'secure_dispatch.endpoint' => endpoint($door),
        'secure_dispatch.connect_timeout_ms' => 1000,
    ]);
    $after = traffic($door);
    $http = $after['app_bytes'] - $before['app_bytes'];
    printf("%-26s %s, %s\n", $name, $http === 0 ? 'no HTTP byte' : 'HTTP', $outcome);
}
?>
--EXPECT--
main                       HTTP, delivered 200
rsa                        HTTP, delivered 200
ecdsa                      HTTP, delivered 200
chain                      HTTP, delivered 200
wildcard                   HTTP, delivered 200
tls12                      HTTP, delivered 200
tls13                      HTTP, delivered 200
mtls                       HTTP, delivered 200
mtls12                     HTTP, delivered 200
expired                    no HTTP byte, TransportException: TLS failed: the server's certificate has expired; the API's operator must renew it (or this host's clock is wrong). The API did not take the order.
not_yet_valid              no HTTP byte, TransportException: TLS failed: the server's certificate is not valid yet; check this host's clock. The API did not take the order.
wrong_host                 no HTTP byte, TransportException: TLS failed: the server's certificate is for another host than the endpoint's. The API did not take the order.
cn_only                    no HTTP byte, TransportException: TLS failed: the server's certificate is for another host than the endpoint's. The API did not take the order.
unknown_ca                 no HTTP byte, TransportException: TLS failed: the server's certificate is not signed by an accepted root, or its intermediate was not sent; check secure_dispatch.ca_file. The API did not take the order.
self_signed                no HTTP byte, TransportException: TLS failed: the server's certificate is not signed by an accepted root, or its intermediate was not sent; check secure_dispatch.ca_file. The API did not take the order.
missing_intermediate       no HTTP byte, TransportException: TLS failed: the server's certificate is not signed by an accepted root, or its intermediate was not sent; check secure_dispatch.ca_file. The API did not take the order.
leaf_as_ca                 no HTTP byte, TransportException: TLS failed: the server's certificate chain is not valid. The API did not take the order.
name_constraints           no HTTP byte, TransportException: TLS failed: the server's certificate chain is not valid. The API did not take the order.
client_eku                 no HTTP byte, TransportException: TLS failed: the server's certificate may not be used for servers. The API did not take the order.
sha1                       no HTTP byte, TransportException: TLS failed: a signature, key size or algorithm in the server's chain is not accepted (SHA-1 and RSA below 2048 bits never are). The API did not take the order.
rsa1024                    no HTTP byte, TransportException: TLS failed: a signature, key size or algorithm in the server's chain is not accepted (SHA-1 and RSA below 2048 bits never are). The API did not take the order.
tls10                      no HTTP byte, TransportException: TLS failed: the server offers neither TLS 1.2 with an accepted cipher suite nor TLS 1.3. The API did not take the order.
tls11                      no HTTP byte, TransportException: TLS failed: the server offers neither TLS 1.2 with an accepted cipher suite nor TLS 1.3. The API did not take the order.
cbc_only                   no HTTP byte, TransportException: TLS failed: the server offers neither TLS 1.2 with an accepted cipher suite nor TLS 1.3. The API did not take the order.
plaintext                  no HTTP byte, TransportException: TLS failed: the server does not speak TLS on this port. The API did not take the order.
handshake_hang             no HTTP byte, TimeoutException: connecting to the API took longer than secure_dispatch.connect_timeout_ms or .timeout_ms allow. Nothing was sent.
handshake_reset            no HTTP byte, TransportException: TLS failed: the connection ended during the handshake. The API did not take the order.
handshake_garbage          no HTTP byte, TransportException: TLS failed: the server does not speak TLS on this port. The API did not take the order.
mtls without a certificate no HTTP byte, TransportException: TLS failed: the server ended the handshake with an alert; if it asks for a client certificate, check secure_dispatch.client_cert_file. The API did not take the order.
pinned                     HTTP, delivered 200
pinned to another key      no HTTP byte, TransportException: TLS failed: the server's public key is none of those in secure_dispatch.pinned_spki. The API did not take the order.
pinned, chain not trusted  no HTTP byte, TransportException: TLS failed: the server's certificate is not signed by an accepted root, or its intermediate was not sent; check secure_dispatch.ca_file. The API did not take the order.
system roots               no HTTP byte, TransportException: TLS failed: the server's certificate is not signed by an accepted root, or its intermediate was not sent; check secure_dispatch.ca_file. The API did not take the order.
