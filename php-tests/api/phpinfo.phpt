--TEST--
phpinfo() and secure_dispatch_status() tell version, posture and settings, never the key or the endpoint's path
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
echo php(<<<'PHP'
    ob_start();
    phpinfo();
    $info = ob_get_clean();
    preg_match('/^secure_dispatch\n.*?(?=\n\n[^\n]*\n\n(?!Directive))/ms', $info, $section);
    echo str_replace(dirname(testbed()['ca']), '…', $section[0]), "\n";
    var_dump(secure_dispatch_status());
    var_dump(str_contains($info . print_r(secure_dispatch_status(), true), 'hunter2'));
    PHP, ['secure_dispatch.endpoint' => endpoint('main', '/hunter2?token=hunter2'), 'secure_dispatch.api_key_file' => null,
    'secure_dispatch.api_key' => 'key-by-ini', 'secure_dispatch.timeout_ms' => 4000]);
?>
--EXPECT--
secure_dispatch

secure_dispatch => ready
version => 0.1.0
endpoint host => localhost
key from => secure_dispatch.api_key

Directive => Value
secure_dispatch.endpoint => https://localhost/…
secure_dispatch.api_key_file => no value
secure_dispatch.api_key_header => X-API-KEY
secure_dispatch.ca_file => …/ca.pem
secure_dispatch.client_cert_file => no value
secure_dispatch.client_key_file => no value
secure_dispatch.pinned_spki => no value
secure_dispatch.proxy => no value
secure_dispatch.connect_timeout_ms => 2000
secure_dispatch.timeout_ms => 4000
secure_dispatch.max_order_bytes => 262144
secure_dispatch.max_response_bytes => 65536
array(4) {
  ["version"]=>
  string(5) "0.1.0"
  ["endpoint_host"]=>
  string(9) "localhost"
  ["key_source"]=>
  string(23) "secure_dispatch.api_key"
  ["problems"]=>
  array(0) {
  }
}
bool(false)
