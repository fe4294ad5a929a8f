--TEST--
doctor: a good set-up is ok in every check, and sees nothing but one OPTIONS with the key
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
$settings = treated_path('status:204,' . dated()) + outbox_settings();
$path = parse_url($settings['secure_dispatch.endpoint'], PHP_URL_PATH) . '?token=hunter2';
$look = function (array $settings) {
    [$text, $exit] = console($settings, ['doctor']);
    // What the host has is its own; of the rest, every line.
    $text = preg_replace(['/^(\w+ +(php-fpm|apache|custody|file_modes) .*\n( +-> .*\n)?)+/m', '/\b\d+ more|\d{4}-\d\d-\d\d|port \d+|is ([\d.:]+(, )?)+$|\d+ MiB|^\d+ ok, \d+ warnings/m'], ['', '…'], $text);
    echo $text, "\nexit code $exit\n";
};
$look($settings);
// Nothing was made.
echo count(glob(dirname($settings['secure_dispatch.outbox']) . '/*')), " files\n";
php('secure_dispatch_order(["order_id" => 1], "' . unique_key() . '");', $settings);
$look($settings);
foreach (array_filter(control('GET', '/requests'), fn ($request) => $request['path'] === $path) as $request) {
    echo "$request[method] ", $request['headers']['x-api-key'] === API_KEY ? 'with the key, ' : '', $request['headers']['idempotency-key'] ?? null ? 'an order' : 'no order', "\n";
}
[$text, $exit] = console($settings + ['secure_dispatch.proxy' => testbed()['proxy']], ['doctor']);
echo preg_match('/^ok +tcp +connected to localhost, port \d+, through the proxy 127.0.0.1$/m', $text), $exit, "\n";
?>
--EXPECTF--
ok       extension    secure_dispatch %s in PHP %s, command line
ok       settings     right; orders go to localhost, the key comes from secure_dispatch.api_key_file
ok       dns          localhost …
ok       tcp          connected to localhost, …
ok       tls          TLS 1.3, and the chain is good for localhost
ok       certificate  the server's certificate is valid until …, %d days more
ok       http         the API answers (OPTIONS: HTTP status 204)
ok       clock        within 60 s of the API's
ok       outbox       nothing is in it yet; its file is made for the first order
ok       outbox_room  it may grow by …, and the disk has that
ok       log          lines go to PHP's own log (error_log)
…, 0 failures
exit code 0
0 files
ok       extension         secure_dispatch %s in PHP %s, command line
ok       settings          right; orders go to localhost, the key comes from secure_dispatch.api_key_file
ok       dns               localhost …
ok       tcp               connected to localhost, …
ok       tls               TLS 1.3, and the chain is good for localhost
ok       certificate       the server's certificate is valid until …, %d days more
ok       http              the API answers (OPTIONS: HTTP status 204)
ok       clock             within 60 s of the API's
ok       outbox            its file is this user's, and closed to others
ok       outbox_integrity  SQLite's integrity check finds nothing
ok       outbox_key        the first key of outbox_key_file opens the outbox's own
ok       outbox_queue      0 queued, 0 unconfirmed
ok       outbox_left       0 rejected, 0 dead, 0 held
ok       outbox_room       it may grow by …, and the disk has that
ok       log               lines go to PHP's own log (error_log)
…, 0 failures
exit code 0
OPTIONS with the key, no order
POST with the key, an order
OPTIONS with the key, no order
10
