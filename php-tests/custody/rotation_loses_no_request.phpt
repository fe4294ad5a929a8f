--TEST--
A new key in the file and a php-fpm reload: under load, every order arrives, first with the old key, then with the new one, and no request is lost
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$stage = new Stage('fpm', getenv('EXTENSION'), 'file');
$stage->server->put('index.php', '<?php echo secure_dispatch_order(["order_id" => 1], $_GET["key"])->state->value;');
$prefix = unique_key();
$new = 'k3y-' . bin2hex(random_bytes(16));
$reloaded = 0;
$bodies = $stage->server->getAll('index.php', (function () use ($prefix, $stage, $new, &$reloaded) {
    for ($i = 0; $i < 300; $i++) {
        if ($i === 150) {
            // As `mv new api_key && systemctl reload php-fpm`, while requests are under way.
            file_put_contents("$stage->keyPath.new", "$new\n");
            chmod("$stage->keyPath.new", 0600);
            rename("$stage->keyPath.new", $stage->keyPath);
            $stage->server->signal('USR2');
        }
        yield "key=$prefix-$i";
    }
})());
print_r(array_count_values($bodies));
$keys = [];
foreach (control('GET', '/requests') as $request) {
    if (str_starts_with($request['idempotency_key'] ?? '', "$prefix-")) {
        $keys[(int) substr($request['idempotency_key'], strlen($prefix) + 1)][] = $request['headers']['x-api-key'] === $new ? 'new' : ($request['headers']['x-api-key'] === $stage->key ? 'old' : 'other');
    }
}
ksort($keys);
echo count($keys), ' orders, at most ', max(array_map('count', $keys)), " time each\n";
echo $keys[0][0], ' at first, ', $keys[299][0], ' at last, ', implode(' and ', array_unique(array_merge(...$keys))), "\n";
?>
--EXPECT--
Array
(
    [delivered] => 300
)
300 orders, at most 1 time each
old at first, new at last, old and new
