--TEST--
doctor: what is wrong between this host and the API is named, in bounded time, with what to do
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
$door = fn (string $door) => treated_path(dated(), $door);
$quick = ['secure_dispatch.connect_timeout_ms' => 700, 'secure_dispatch.timeout_ms' => 800];
doctor('fine', treated_path(dated()));
doctor('nothing listens', ['secure_dispatch.endpoint' => 'https://localhost:1/hunter2']);
doctor('no such proxy', ['secure_dispatch.proxy' => 'http://localhost:1'] + $door('main'));
doctor('wrong CA', ['secure_dispatch.ca_file' => testbed()['other_ca']] + $door('main'));
doctor('another key than the pinned one', ['secure_dispatch.pinned_spki' => testbed()['doors']['rsa']['spki_sha256']] + $door('main'));
doctor('the pinned key', ['secure_dispatch.pinned_spki' => testbed()['doors']['main']['spki_sha256']] + $door('main'));
foreach (['expired', 'not_yet_valid', 'wrong_host', 'missing_intermediate', 'expires_soon', 'chain', 'tls12', 'tls11', 'plaintext', 'mtls', 'handshake_reset'] as $name) {
    doctor($name, $door($name));
}
$start = hrtime(true);
doctor('handshake_hang', $door('handshake_hang') + $quick);
doctor('hang', treated_path('hang') + $quick);
doctor('no name server', ['secure_dispatch.endpoint' => 'https://no-such-host.invalid/'] + $quick, [], 'unshare -n env');
echo (hrtime(true) - $start) / 1e9 < 8 ? "in time\n" : "too long\n";
foreach (['status:401', 'status:403', 'status:404', 'status:405', 'status:429', 'status:503', 'redirect:https://elsewhere.example/hunter2', 'garbage', 'before:reset'] as $behaviour) {
    doctor($behaviour, treated_path("$behaviour," . dated()));
}
doctor('no date', treated_path(''));
doctor('two minutes slow', treated_path(dated(120)));
doctor('an hour fast', treated_path(dated(-3600)));
?>
--EXPECTF--
== fine: exit code 0
== nothing listens: exit code 1
failure tcp: the connection to localhost, port 1, is refused -> is the API up, and is this the right port?
warning, not checked: tls, certificate, http, clock
== no such proxy: exit code 1
failure tcp: the connection to localhost, port %d, through the proxy localhost, is refused -> is the API up, and is this the right port?
warning, not checked: tls, certificate, http, clock
== wrong CA: exit code 1
failure tls: the server's certificate is not signed by an accepted root, or its intermediate was not sent -> check secure_dispatch.ca_file
warning, not checked: http, clock
== another key than the pinned one: exit code 1
failure tls: the server's public key is none of those in secure_dispatch.pinned_spki -> check host and port in secure_dispatch.endpoint, and ask the API's operator
warning, not checked: http, clock
== the pinned key: exit code 0
== expired: exit code 1
failure tls: the server's certificate has expired -> the API's operator must renew it (or this host's clock is wrong)
failure certificate: the server's certificate has expired on %d-%d-%d -> the API's operator must renew it (or take it out of what the server sends)
warning, not checked: http, clock
== not_yet_valid: exit code 1
failure tls: the server's certificate is not valid yet -> check this host's clock
warning, not checked: http, clock
== wrong_host: exit code 1
failure tls: the server's certificate is for another host than the endpoint's -> check host and port in secure_dispatch.endpoint, and ask the API's operator
warning, not checked: http, clock
== missing_intermediate: exit code 1
failure tls: the server's certificate is not signed by an accepted root, or its intermediate was not sent -> check secure_dispatch.ca_file
warning, not checked: http, clock
== expires_soon: exit code 0
warning certificate: the server's certificate expires on %d-%d-%d, in 10 days -> ask the API's operator whether it is being renewed
== chain: exit code 0
== tls12: exit code 0
== tls11: exit code 1
failure tls: the server offers neither TLS 1.2 with an accepted cipher suite nor TLS 1.3 -> check host and port in secure_dispatch.endpoint, and ask the API's operator
warning, not checked: certificate, http, clock
== plaintext: exit code 1
failure tls: the server does not speak TLS on this port -> check host and port in secure_dispatch.endpoint, and ask the API's operator
warning, not checked: certificate, http, clock
== mtls: exit code 1
failure http: the server ended the handshake with an alert -> if it asks for a client certificate, check secure_dispatch.client_cert_file
warning, not checked: clock
== handshake_reset: exit code 1
failure tls: the connection ended during the handshake -> check host and port in secure_dispatch.endpoint, and ask the API's operator
warning, not checked: certificate, http, clock
== handshake_hang: exit code 1
failure tls: localhost, port %d: no end within secure_dispatch.connect_timeout_ms -> check the firewall, and whether the API is up
warning, not checked: certificate, http, clock
== hang: exit code 1
failure http: the API did not answer within secure_dispatch.timeout_ms -> is it overloaded?
warning, not checked: clock
== no name server: exit code 1
failure dns: no-such-host.invalid could not be resolved -> check secure_dispatch.endpoint (or .proxy), /etc/hosts, and the name servers in /etc/resolv.conf
warning, not checked: tcp, tls, certificate, http, clock
in time
== status:401: exit code 0
warning http: HTTP status 401: the API does not accept the key (or OPTIONS) -> check the key and secure_dispatch.api_key_header, or try --send-test
== status:403: exit code 0
warning http: HTTP status 403: the API does not accept the key (or OPTIONS) -> check the key and secure_dispatch.api_key_header, or try --send-test
== status:404: exit code 0
== status:405: exit code 0
== status:429: exit code 0
warning http: HTTP status 429: the API asks to come back later -> orders are tried again later
== status:503: exit code 0
warning http: HTTP status 503: the API is not well -> orders are tried again later
== redirect:https://elsewhere.example/hunter2: exit code 1
failure http: HTTP status 302: redirect, and none is followed -> set secure_dispatch.endpoint to the final URL
== garbage: exit code 1
failure http: what came back is not an HTTP answer -> is this an HTTPS API? localhost, port %d
warning, not checked: clock
== before:reset: exit code 1
failure http: the connection ended before the answer was whole -> look at the API's log
warning, not checked: clock
== no date: exit code 0
warning clock: not checked: the API's answer has no Date
== two minutes slow: exit code 0
warning clock: this host's clock is %d s behind the API's -> have it kept by NTP (timedatectl): certificates' dates and Retry-After rest on it
== an hour fast: exit code 1
failure clock: this host's clock is %d s ahead of the API's -> have it kept by NTP (timedatectl): certificates' dates and Retry-After rest on it
