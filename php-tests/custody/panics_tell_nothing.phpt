--TEST--
A panic in any layer, with the key or the order in its message, comes out as one fixed text, and nothing of it is printed or logged
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
// Only the naive build can be made to panic; its way out is that of every build. Loud, it has Rust's own panic hook: the attack that works;
// but a line for the log has nothing private to begin with.
$texts = [];
foreach (['cli', 'fpm', 'apache'] as $scene) {
    foreach (['', '1'] as $loud) {
        putenv('LOUD_PANICS' . ($loud ? '=1' : ''));
        $stage = new Stage($scene, getenv('NAIVE'), 'file', outbox_settings(['zend.exception_ignore_args' => 0], 'www-data'));
        $told = [];
        foreach (['function', 'dispatch', 'outbox', 'transport', 'redact', 'receipt', 'audit'] as $layer) {
            $secret = unique_key();
            // The logs are those of the layers before, too.
            $seen = fn () => preg_match_all("/$stage->key|note of|$secret/", $stage->logs());
            $before = $seen();
            $output = $stage->run('<?php putenv("PANIC_IN=' . $layer . '");
                try { secure_dispatch_order(["order_id" => "' . $layer . '", "note" => "note of ' . $secret . '"], "' . ($key = treated("body:$secret")) . '"); }
                catch (SecureDispatch\Exception\SecureDispatchException $thrown) { echo $thrown, "TEXT: ", get_class($thrown), ": ", $thrown->getMessage(); }
                putenv("PANIC_IN");
                echo secure_dispatch_order(["order_id" => 2], "' . unique_key() . '")->status;');
            [$output, $text] = explode('TEXT: ', $output, 2) + [1 => $output];
            $texts[$text] = true;
            if (preg_match("/$stage->key|note of|$secret/", str_replace($key, '', $output)) || $seen() > $before) $told[] = $layer;
        }
        echo "$scene", $loud ? ', loud' : '', ': ', implode(' ', $told) ?: 'nothing told', "\n";
    }
}
echo implode("\n", array_keys($texts)), "\n";
?>
--EXPECT--
cli: nothing told
cli, loud: function dispatch outbox transport redact receipt
fpm: nothing told
fpm, loud: function dispatch outbox transport redact receipt
apache: nothing told
apache, loud: function dispatch outbox transport redact receipt
SecureDispatch\Exception\TransportException: an internal error stopped the dispatch; this is a defect of secure_dispatch. The API may have seen the order: send it again under the same idempotency key, and please report it.200
