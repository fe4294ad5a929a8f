--TEST--
The deadline holds over name resolution, by a name server that never answers
--SKIPIF--
<?php
if (fileowner('/proc/self') !== 0) die('skip needs root, for a name server on port 53');
exec('unshare --mount true 2>&1', $output, $status);
if ($status !== 0) die('skip needs mount namespaces');
?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
// Takes every question, and answers none.
$server = stream_socket_server('udp://127.0.0.77:53', $errno, $error, STREAM_SERVER_BIND) or exit($error);
file_put_contents($resolv = scratch('.resolv'), "nameserver 127.0.0.77\noptions timeout:30 attempts:5\n");
echo php('echo outcome(fn () => secure_dispatch_order([1])), "\n";', [
    'secure_dispatch.endpoint' => 'https://api.example.test/orders',
    'secure_dispatch.connect_timeout_ms' => 20000,
    'secure_dispatch.timeout_ms' => 900,
], [], ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', $resolv]);
// It was asked.
var_dump(stream_socket_recvfrom($server, 512) !== '');
?>
--EXPECT--
TimeoutException: connecting to the API took longer than secure_dispatch.connect_timeout_ms or .timeout_ms allow. Nothing was sent.
bool(true)
