--TEST--
A mistake in the settings never stops PHP: it is logged once, shown in phpinfo() and status, and thrown at the first call
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$code = <<<'PHP'
    echo "PHP runs\n";
    foreach (secure_dispatch_status()['problems'] as $problem) {
        echo "status: $problem\n";
    }
    ob_start();
    phpinfo(INFO_MODULES);
    preg_match_all('/^problem => (.*)$/m', ob_get_clean(), $rows);
    echo count($rows[1]), " in phpinfo\n";
    echo outcome(fn () => secure_dispatch_order([])), "\n";
    echo outcome_class(fn () => secure_dispatch_order([])), "\n";
PHP;
$own = dirname(testbed()['ca']);
file_put_contents($bad = scratch('.pem'), 'not PEM');
file_put_contents($empty = scratch('.key'), "\n");
chmod($bad, 0600);
chmod($empty, 0600);
foreach ([
    ['secure_dispatch.endpoint' => null],
    ['secure_dispatch.endpoint' => 'http://api.example.test/orders'],
    ['secure_dispatch.endpoint' => 'HTTP://api.example.test/orders'],
    ['secure_dispatch.endpoint' => 'https://user:hunter2@api.example.test/'],
    ['secure_dispatch.endpoint' => 'https://api.example.test/#hunter2'],
    ['secure_dispatch.endpoint' => 'hunter2'],
    ['secure_dispatch.api_key_file' => null],
    ['secure_dispatch.api_key_file' => $empty],
    ['secure_dispatch.api_key_file' => null, 'secure_dispatch.api_key' => 'hun ter€2'],
    ['secure_dispatch.api_key_header' => 'Content-Length'],
    ['secure_dispatch.ca_file' => $bad],
    ['secure_dispatch.ca_file' => 'ca.pem'],
    ['secure_dispatch.client_cert_file' => testbed()['client_cert']],
    ['secure_dispatch.client_cert_file' => testbed()['client_cert'], 'secure_dispatch.client_key_file' => $bad],
    ['secure_dispatch.pinned_spki' => 'hunter2'],
    ['secure_dispatch.proxy' => 'socks5://hunter2:1'],
    ['secure_dispatch.connect_timeout_ms' => '0', 'secure_dispatch.timeout_ms' => 'hunter2', 'secure_dispatch.max_order_bytes' => '-1',
     'secure_dispatch.max_response_bytes' => '1T'],
] as $settings) {
    $text = php($code, $settings + ['error_log' => $log = scratch('.log')]);
    // What protects the key is told too, where it does not, and each call that fails; that is other tests'.
    $logged = array_values(preg_grep('/custody of the key|"event":"failed"/', is_file($log) ? file($log) : [], PREG_GREP_INVERT));
    $shown = '=== ' . json_encode($settings, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE) . "\n$text";
    echo preg_replace('/[0-9a-f]{12}/', 'file', str_replace([dirname($bad), $own], '…', $shown)), count($logged), " in the log\n";
    echo str_contains($text . implode($logged), 'hunter2') || str_contains($text, 'hun ter') ? "A VALUE IS TOLD\n" : '';
}
?>
--EXPECT--
=== {"secure_dispatch.endpoint":null}
PHP runs
status: secure_dispatch.endpoint is not set; set it to the https:// URL that takes the orders
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint is not set; set it to the https:// URL that takes the orders
ConfigurationException
1 in the log
=== {"secure_dispatch.endpoint":"http://api.example.test/orders"}
PHP runs
status: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
ConfigurationException
1 in the log
=== {"secure_dispatch.endpoint":"HTTP://api.example.test/orders"}
PHP runs
status: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
ConfigurationException
1 in the log
=== {"secure_dispatch.endpoint":"https://user:hunter2@api.example.test/"}
PHP runs
status: secure_dispatch.endpoint has a user name or password in it; take it out: the key comes from api_key_file or another source of its own
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint has a user name or password in it; take it out: the key comes from api_key_file or another source of its own
ConfigurationException
1 in the log
=== {"secure_dispatch.endpoint":"https://api.example.test/#hunter2"}
PHP runs
status: secure_dispatch.endpoint has a fragment (#…), which is never sent to a server; take it out
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint has a fragment (#…), which is never sent to a server; take it out
ConfigurationException
1 in the log
=== {"secure_dispatch.endpoint":"hunter2"}
PHP runs
status: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
ConfigurationException
1 in the log
=== {"secure_dispatch.api_key_file":null}
PHP runs
status: secure_dispatch.api_key is not set, nor is any other source of the key: set secure_dispatch.api_key_file (best to a file that only root can read), secure_dispatch.api_key, a systemd credential or SECURE_DISPATCH_API_KEY
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.api_key is not set, nor is any other source of the key: set secure_dispatch.api_key_file (best to a file that only root can read), secure_dispatch.api_key, a systemd credential or SECURE_DISPATCH_API_KEY
ConfigurationException
1 in the log
=== {"secure_dispatch.api_key_file":"…/file.key"}
PHP runs
status: secure_dispatch.api_key_file is empty; a key is one line of visible ASCII characters
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.api_key_file is empty; a key is one line of visible ASCII characters
ConfigurationException
1 in the log
=== {"secure_dispatch.api_key_file":null,"secure_dispatch.api_key":"hun ter€2"}
PHP runs
status: secure_dispatch.api_key has a character in it that is not ASCII; a key is one line of visible ASCII characters
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.api_key has a character in it that is not ASCII; a key is one line of visible ASCII characters
ConfigurationException
1 in the log
=== {"secure_dispatch.api_key_header":"Content-Length"}
PHP runs
status: secure_dispatch.api_key_header names a header that HTTP or secure_dispatch itself needs; use another, like X-API-KEY
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.api_key_header names a header that HTTP or secure_dispatch itself needs; use another, like X-API-KEY
ConfigurationException
1 in the log
=== {"secure_dispatch.ca_file":"…/file.pem"}
PHP runs
status: secure_dispatch.ca_file holds no certificate in PEM (-----BEGIN CERTIFICATE-----)
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.ca_file holds no certificate in PEM (-----BEGIN CERTIFICATE-----)
ConfigurationException
1 in the log
=== {"secure_dispatch.ca_file":"ca.pem"}
PHP runs
status: secure_dispatch.ca_file must be an absolute path: what a relative one means changes with each PHP server
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.ca_file must be an absolute path: what a relative one means changes with each PHP server
ConfigurationException
1 in the log
=== {"secure_dispatch.client_cert_file":"…/client.pem"}
PHP runs
status: secure_dispatch.client_key_file is not set, though client_cert_file is; mutual TLS needs both
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.client_key_file is not set, though client_cert_file is; mutual TLS needs both
ConfigurationException
1 in the log
=== {"secure_dispatch.client_cert_file":"…/client.pem","secure_dispatch.client_key_file":"…/file.pem"}
PHP runs
status: secure_dispatch.client_key_file holds no unencrypted private key in PEM (PKCS#8, PKCS#1 or SEC1)
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.client_key_file holds no unencrypted private key in PEM (PKCS#8, PKCS#1 or SEC1)
ConfigurationException
1 in the log
=== {"secure_dispatch.pinned_spki":"hunter2"}
PHP runs
status: secure_dispatch.pinned_spki must be base64 SHA-256 hashes of public keys (44 characters each), separated by commas
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.pinned_spki must be base64 SHA-256 hashes of public keys (44 characters each), separated by commas
ConfigurationException
1 in the log
=== {"secure_dispatch.proxy":"socks5://hunter2:1"}
PHP runs
status: secure_dispatch.proxy must be http://host:port (what passes through it is TLS all the same)
1 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.proxy must be http://host:port (what passes through it is TLS all the same)
ConfigurationException
1 in the log
=== {"secure_dispatch.connect_timeout_ms":"0","secure_dispatch.timeout_ms":"hunter2","secure_dispatch.max_order_bytes":"-1","secure_dispatch.max_response_bytes":"1T"}
PHP runs
status: secure_dispatch.connect_timeout_ms must be a whole number of milliseconds, 1 to 3600000
status: secure_dispatch.timeout_ms must be a whole number of milliseconds, 1 to 3600000
status: secure_dispatch.max_order_bytes must be a number of bytes, 1 to 64M; K and M are understood
status: secure_dispatch.max_response_bytes must be a number of bytes, 1 to 64M; K and M are understood
4 in phpinfo
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.connect_timeout_ms must be a whole number of milliseconds, 1 to 3600000; secure_dispatch.timeout_ms must be a whole number of milliseconds, 1 to 3600000; secure_dispatch.max_order_bytes must be a number of bytes, 1 to 64M; K and M are understood; secure_dispatch.max_response_bytes must be a number of bytes, 1 to 64M; K and M are understood
ConfigurationException
4 in the log
