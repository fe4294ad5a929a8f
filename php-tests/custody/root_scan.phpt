--TEST--
What root finds in a worker's memory: nothing of the key, before, during and after dispatches (SECURITY.md's baseline)
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); has_secret_memory() || die('skip this kernel has no memfd_secret'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
require __DIR__ . '/../harness/scan.inc';
/** Copies by place, of all processes of a server. */
function places(Stage $stage, array $pids): string
{
    $places = [];
    foreach ($pids as $pid) {
        foreach (scan($pid, "/$stage->key/") as $text => $count) {
            $place = explode(': ', $text)[0];
            $places[$place] = ($places[$place] ?? 0) + $count;
        }
    }
    ksort($places);
    return $places ? urldecode(http_build_query($places, '', ', ')) : 'nothing';
}
foreach (['file', 'ini', 'environment'] as $source) {
    foreach (['EXTENSION', 'NAIVE'] as $build) {
        $stage = new Stage('fpm', getenv($build), $source, [], ['pm.max_children' => 1]);
        $stage->server->put('index.php', '<?php secure_dispatch_order(["order_id" => 1, "note" => str_repeat("x", 20000)], $_GET["key"]); echo getmypid();');
        $stage->server->put('pid.php', '<?php echo getmypid();');
        $worker = [$stage->server->get('pid.php')];
        $found = ['before' => places($stage, $worker)];
        $stage->server->get('index.php', 'key=' . unique_key());
        $found['after 1'] = places($stage, $worker);
        for ($i = 0; $i < 20; $i++) {
            $stage->server->get('index.php', 'key=' . unique_key());
        }
        $found['after 21'] = places($stage, $worker);
        // While the API takes its time.
        $found['during'] = 'nothing';
        $waiting = $stage->server->getAll('index.php', (function () use (&$found, $stage, $worker) {
            yield 'key=' . treated('delay:2500');
            usleep(700_000);
            $found['during'] = places($stage, $worker);
        })());
        $found['master'] = places($stage, [$stage->server->pid()]);
        echo "$source, $build: ", match (true) {
            !in_array('nothing', $found) && $build === 'NAIVE' => 'found everywhere',
            array_unique($found) === ['before' => 'nothing'] => $source === 'ini' ? "at most what PHP's own parser left" : 'nothing',
            // php.ini's text is parsed before any module starts; the parser does not zero what it frees.
            $source === 'ini' && preg_match('/^((anonymous|\[heap\]|nothing)(=1)?(, )?)+$/', implode(', ', array_unique($found))) => "at most what PHP's own parser left",
            default => json_encode($found),
        }, "\n";
        getenv('SHOW_PLACES') && fwrite(STDERR, "$source, $build: " . json_encode($found) . "\n");
    }
}

// The client certificate's key: its DER, and a line of its PEM; the outbox's key, its bytes, its base64 and what is derived of it, once orders
// were sealed and drained.
$pem = file_get_contents(testbed()['client_key']);
$lines = explode("\n", trim($pem));
$der = base64_decode(implode(array_slice($lines, 1, -1)));
// The private number, which nothing but the key has in it.
$number = substr($der, strpos($der, "\x04\x20") + 2, 32);
foreach (['EXTENSION', 'NAIVE'] as $build) {
    copy(testbed()['client_key'], $file = scratch('.key'));
    chmod($file, 0600);
    file_put_contents($outboxKey = scratch('.key'), base64_encode($bytes = random_bytes(32)) . "\n");
    chmod($outboxKey, 0600);
    $outbox = outbox_settings(['secure_dispatch.outbox_key_file' => $outboxKey], 'www-data');
    $stage = new Stage('fpm', getenv($build), 'file', $outbox + ['secure_dispatch.endpoint' => endpoint('mtls'), 'secure_dispatch.client_cert_file' => testbed()['client_cert'],
        'secure_dispatch.client_key_file' => $file], ['pm.max_children' => 1]);
    $stage->server->put('drain.php', '<?php secure_dispatch_order(["order_id" => 2], "' . treated('status:503') . '"); SecureDispatch\Outbox::retryAll("queued");
        SecureDispatch\Outbox::drain(1);');
    $stage->server->get('drain.php');
    $stage->server->put('index.php', '<?php echo secure_dispatch_order(["order_id" => 1], "' . unique_key() . '")->status, " ", getmypid();');
    [$status, $pid] = explode(' ', $stage->server->get('index.php'));
    $found = $ofOutbox = [];
    foreach ([$pid, $stage->server->pid()] as $process) {
        foreach (['/' . preg_quote($number, '/') . '/s', '/' . preg_quote($lines[1], '/') . '/'] as $pattern) {
            $found += scan($process, $pattern);
        }
        $derived = hash_hkdf('sha256', $bytes, 32, 'seal', 'secure_dispatch outbox 1');
        $ofOutbox += scan($process, '/' . implode('|', array_map(fn ($key) => preg_quote($key, '/'), [$bytes, base64_encode($bytes), $derived])) . '/s');
    }
    echo "client key, $build: $status, ", $found ? ($build === 'NAIVE' ? 'found' : implode(', ', array_map(fn ($text) => explode(': ', $text)[0], array_keys($found)))) : 'nothing', "\n";
    echo "outbox key, $build: ", $ofOutbox ? 'found' : 'nothing', "\n";
}
?>
--EXPECT--
file, EXTENSION: nothing
file, NAIVE: found everywhere
ini, EXTENSION: at most what PHP's own parser left
ini, NAIVE: found everywhere
environment, EXTENSION: nothing
environment, NAIVE: found everywhere
client key, EXTENSION: 200, nothing
outbox key, EXTENSION: nothing
client key, NAIVE: 200, found
outbox key, NAIVE: found
