--TEST--
doctor, status: wrong settings and no extension are told; --json is JSON; wrong calls end with 2
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
doctor('wrong settings', ['secure_dispatch.endpoint' => 'http://localhost/hunter2', 'secure_dispatch.timeout_ms' => 'soon']);
doctor('no key', ['secure_dispatch.api_key_file' => null]);
[$text, $exit] = console(['extension' => '/nonexistent.so'], ['doctor', '--json']);
$told = json_decode(substr($text, strpos($text, '{')), true);
echo $exit, ' ', json_encode($told['findings'][0]), "\n";
echo implode(' ', console(['extension' => '/nonexistent.so'], ['status'])) === '' ? '' : console(['extension' => '/nonexistent.so'], ['status'])[1], "\n";
foreach ([['doctor', 'x'], ['doctor', '--force'], ['doctor', '--send-test=/nonexistent'], ['status', 'x'], ['doctor', '--user=nobody-at-all']] as $wrong) {
    [$text, $exit] = console([], $wrong);
    echo implode(' ', $wrong), ": $exit ", explode("\n", $text)[0], "\n";
}
$settings = outbox_settings();
[$text, $exit] = console($settings, ['status']);
echo $exit, preg_match('/^outbox rows queued +0$/m', $text), preg_match('/^endpoint host +localhost$/m', $text), preg_match('/^breaker +closed$/m', $text), "\n";
[$text, $exit] = console($settings, ['status', '--json']);
echo $exit, json_decode($text, true)['outbox']['rows']['queued'], "\n";
// Colours are for terminals, and for those who want them.
foreach (['', 'NO_COLOR=1'] as $environment) {
    $command = console_command(treated_path(dated()), ['doctor'], $environment);
    $shown = shell_exec('script -qec ' . escapeshellarg($command) . ' /dev/null </dev/null');
    echo str_contains($shown, "\e[32mok") ? 'coloured' : 'plain', "\n";
}
?>
--EXPECT--
== wrong settings: exit code 1
failure settings: secure_dispatch.endpoint must begin with https:// -> orders and the key are never sent in clear text
failure settings: secure_dispatch.timeout_ms must be a whole number of milliseconds, 1 to 3600000
warning, not checked: dns, tcp, tls, certificate, http, clock, outbox
== no key: exit code 1
failure settings: secure_dispatch.api_key is not set, nor is any other source of the key: set secure_dispatch.api_key_file (best to a file that only root can read), secure_dispatch.api_key, a systemd credential or SECURE_DISPATCH_API_KEY
warning, not checked: dns, tcp, tls, certificate, http, clock, outbox
1 {"check":"extension","verdict":"failure","what":"PHP's command line has not loaded the extension secure_dispatch","remedy":"enable it in php.ini (phpenmod secure_dispatch; php --ini says which)"}
1
doctor x: 2 secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do;
doctor --force: 2 secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do;
doctor --send-test=/nonexistent: 2 secure-dispatch: --send-test must name a file with a JSON object
status x: 2 secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do;
doctor --user=nobody-at-all: 2 secure-dispatch: --user names no user of this system
0111
00
coloured
plain
