--TEST--
The Composer package: the fake records, fails as it is told and needs no extension; the real dispatcher says so without one; what the extension throws and returns comes out whole; nothing collides
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/examples.inc';
use SecureDispatch\Dispatcher\{DispatcherInterface, DispatchFailure, ExtensionDispatcher, PermanentFailure, RecordingDispatcher, Result, TemporaryFailure};

echo "without the extension\n";
file_put_contents($script = scratch('.php'), '<?php require ' . var_export(dirname(__DIR__) . '/harness/examples.inc', true) . ';' . <<<'PHP'
    use SecureDispatch\Dispatcher\{DispatchFailure, ExtensionDispatcher, PermanentFailure, RecordingDispatcher, TemporaryFailure};
    var_dump(extension_loaded('secure_dispatch'), function_exists('secure_dispatch_order'));
    function tried(callable $call): void {
        try {
            $result = $call();
            echo $result->state, ' ', var_export($result->isDelivered(), true), " $result->id $result->idempotencyKey ", json_encode($result->status), "\n";
        } catch (DispatchFailure $failure) {
            echo get_object_vars($failure)['retryAfter'] ?? 'never', ' ', json_encode([$failure->status, $failure->getCode(), $failure->violations ?? null]), ' ', $failure->getMessage(), "\n";
        }
    }
    $fake = new RecordingDispatcher();
    $fake->failNext(new TemporaryFailure(status: 503, retryAfter: 30), new PermanentFailure(status: 422));
    foreach (range(1, 3) as $_) tried(fn () => $fake->dispatch(['order_id' => 17], 'order-17/paid'));
    foreach (['', 'a key', "a\n", 'schlüssel', str_repeat('k', 256)] as $key) tried(fn () => $fake->dispatch(['order_id' => 17], $key));
    tried(fn () => (new RecordingDispatcher('queued'))->dispatch([], str_repeat('k', 5)));
    echo json_encode($fake->calls()), "\n", json_encode($fake->keys()), "\n";
    try { new ExtensionDispatcher(); } catch (LogicException $exception) { echo $exception->getMessage(), "\n"; }
    PHP);
echo shell_exec(escapeshellarg(PHP_BINARY) . ' -n -d display_errors=1 ' . escapeshellarg($script) . ' 2>&1');

echo "with it\n";
$dispatcher = new ExtensionDispatcher();
$outcome = function (callable $call): string {
    try {
        return json_encode($call());
    } catch (DispatchFailure $failure) {
        return (new ReflectionClass($failure))->getShortName() . ' ' . json_encode([$failure->status, $failure->retryAfter ?? null, $failure->violations ?? null]) . ' of ' . $failure->getPrevious()::class
            . ($failure->getMessage() === $failure->getPrevious()->getMessage() ? '' : " which says {$failure->getPrevious()->getMessage()}");
    }
};
$result = $dispatcher->dispatch(['order_id' => 1, 'note' => '<b>x</b>'], $key = unique_key());
$receipt = secure_dispatch_order(['order_id' => 1, 'note' => '<b>x</b>'], $key);
$without = fn (object $of) => json_encode(['id' => 0, 'elapsedMs' => 0, 'body' => 0] + get_object_vars($of));
echo $without($result) === $without($receipt) && $result->elapsedMs > 0 && str_contains($result->body, '"ok"') ? 'the same' : $without($result) . ' is not ' . $without($receipt), "\n";
foreach (['status:429,retry-after:7', 'status:503', 'before:close', 'status:422', 'status:302'] as $behaviour) {
    echo "$behaviour: ", $outcome(fn () => $dispatcher->dispatch(['order_id' => 1], treated($behaviour))), "\n";
}
echo 'schema: ', $outcome(fn () => $dispatcher->dispatch(['total' => NAN], unique_key())), "\n";
echo 'key: ', $outcome(fn () => $dispatcher->dispatch(['order_id' => 1], 'a key')), "\n";
echo str_replace(__DIR__, '', php('require ' . var_export(dirname(__DIR__) . '/harness/examples.inc', true) . ';' . <<<'PHP'
    try { (new SecureDispatch\Dispatcher\ExtensionDispatcher())->dispatch([], 'k'); } catch (SecureDispatch\Dispatcher\PermanentFailure $failure) { echo 'settings: ', $failure->getPrevious()::class, "\n"; }
    PHP, ['secure_dispatch.endpoint' => 'http://localhost/']));
ini_set('zend.exception_ignore_args', '0');
try {
    $dispatcher->dispatch(['order_id' => 1, 'name' => 'Ada'], treated('status:422'));
} catch (PermanentFailure $failure) {
    // This file's own frame is the caller's.
    echo 'in the trace: ', str_contains(print_r(array_slice($failure->getTrace(), 0, 1), true), 'Ada') ? 'the order' : 'no order', "\n";
}

$properties = fn (string $class) => array_map(fn ($property) => $property->name, (new ReflectionClass($class))->getProperties());
echo $properties(Result::class) === $properties(SecureDispatch\Receipt::class) ? "the Receipt's properties\n" : implode(' ', $properties(SecureDispatch\Receipt::class)) . "\n";
foreach ((new ReflectionExtension('secure_dispatch'))->getClassNames() as $class) {
    if (str_starts_with($class, 'SecureDispatch\\Dispatcher')) echo "the extension has $class\n";
}
['version' => $version, 'autoload' => $autoload] = json_decode(file_get_contents(dirname(__DIR__, 2) . '/stubs/composer.json'), true, flags: JSON_THROW_ON_ERROR);
echo $version === phpversion('secure_dispatch') ? "the extension's version\n" : "$version\n", json_encode($autoload, JSON_UNESCAPED_SLASHES), "\n";
?>
--EXPECT--
without the extension
bool(false)
bool(false)
30 [503,503,null] The API is unavailable
never [422,422,[]] The order was refused
delivered true 00000000-0000-7000-8000-000000000003 order-17/paid 201
never [null,0,[["","idempotency_key"]]] The idempotency key cannot be sent
never [null,0,[["","idempotency_key"]]] The idempotency key cannot be sent
never [null,0,[["","idempotency_key"]]] The idempotency key cannot be sent
never [null,0,[["","idempotency_key"]]] The idempotency key cannot be sent
never [null,0,[["","idempotency_key"]]] The idempotency key cannot be sent
queued false 00000000-0000-7000-8000-000000000001 kkkkk null
[[{"order_id":17},"order-17\/paid"],[{"order_id":17},"order-17\/paid"],[{"order_id":17},"order-17\/paid"]]
["order-17\/paid","order-17\/paid","order-17\/paid"]
The PHP extension secure_dispatch is not loaded. In tests, use RecordingDispatcher.
with it
the same
status:429,retry-after:7: TemporaryFailure [429,7,null] of SecureDispatch\Exception\UnavailableException
status:503: TemporaryFailure [503,null,null] of SecureDispatch\Exception\UnavailableException
before:close: TemporaryFailure [null,null,null] of SecureDispatch\Exception\TransportException
status:422: PermanentFailure [422,null,[]] of SecureDispatch\Exception\RejectedException
status:302: PermanentFailure [302,null,[]] of SecureDispatch\Exception\RejectedException
schema: PermanentFailure [null,null,[["\/total","finite"]]] of SecureDispatch\Exception\ValidationException
key: PermanentFailure [null,null,[["","idempotency_key"]]] of SecureDispatch\Exception\ValidationException
settings: SecureDispatch\Exception\ConfigurationException
in the trace: no order
the Receipt's properties
the extension's version
{"psr-4":{"SecureDispatch\\Dispatcher\\":"src/"}}
