--TEST--
A receipt tells what became of the order; PHP code can neither make nor change one
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
use SecureDispatch\{Receipt, State};

$key = treated('status:201,body:{"tracking":"T-1"%2C"parts":[1%2C2.0]}');
$receipt = secure_dispatch_order(['order_id' => 1], $key);
var_dump(
    preg_match('/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/', $receipt->id),
    $receipt->idempotencyKey === $key,
    $receipt->state,
    $receipt->status,
    $receipt->attempts,
    $receipt->elapsedMs > 0 && $receipt->elapsedMs < 60_000,
    $receipt->dropped,
    $receipt->changed,
    $receipt->body,
    $receipt->json(),
);
$own = secure_dispatch_order(['order_id' => 1]);
var_dump($own->idempotencyKey === $own->id, $own->id !== $receipt->id);

echo "--- its class\n";
foreach ((new ReflectionClass(Receipt::class))->getProperties() as $property) {
    echo $property->isReadOnly() ? 'readonly ' : '', $property->getType(), ' $', $property->getName(), "\n";
}
echo implode(' ', Reflection::getModifierNames((new ReflectionClass(Receipt::class))->getModifiers())), "\n";
foreach (State::cases() as $case) {
    echo "$case->name = $case->value\n";
}

echo "--- made or changed by PHP code\n";
$class = new ReflectionClass(Receipt::class);
foreach ([
    fn () => new Receipt(),
    fn () => $class->newInstance(),
    fn () => $class->newInstanceWithoutConstructor(),
    fn () => unserialize('O:22:"SecureDispatch\Receipt":1:{s:6:"status";i:200;}'),
    fn () => serialize($receipt),
    fn () => $receipt->status = 200,
    fn () => $receipt->mine = 1,
    function () use ($receipt) { unset($receipt->body); },
    fn () => $receipt->changed[] = 'x',
    fn () => (new ReflectionProperty($receipt, 'status'))->setValue($receipt, 500),
    fn () => @(function () { $this->status = 500; })->call($receipt),
    fn () => $receipt->__construct(),
] as $call) {
    try {
        $call();
        echo "no error\n";
    } catch (Throwable $thrown) {
        echo $thrown::class, ': ', $thrown->getMessage(), "\n";
    }
}
var_dump((clone $receipt)->status, $receipt->status);
echo strtok(php('class Mine extends SecureDispatch\Receipt {}'), "\n"), "\n";

echo "--- bodies\n";
foreach (['body:', 'status:204', 'body:not JSON', 'body:null', 'body:[1', 'body:%ff%fe'] as $behaviour) {
    $receipt = secure_dispatch_order([], treated($behaviour));
    echo "$behaviour: ";
    try {
        echo json_encode([bin2hex($receipt->body), $receipt->json()]), "\n";
    } catch (JsonException $exception) {
        echo $exception::class, ': ', $exception->getMessage(), "\n";
    }
}
?>
--EXPECT--
int(1)
bool(true)
enum(SecureDispatch\State::Delivered)
int(201)
int(1)
bool(true)
array(0) {
}
array(0) {
}
string(34) "{"tracking":"T-1","parts":[1,2.0]}"
array(2) {
  ["tracking"]=>
  string(3) "T-1"
  ["parts"]=>
  array(2) {
    [0]=>
    int(1)
    [1]=>
    float(2)
  }
}
bool(true)
bool(true)
--- its class
readonly string $id
readonly string $idempotencyKey
readonly SecureDispatch\State $state
readonly ?int $status
readonly int $attempts
readonly float $elapsedMs
readonly array $dropped
readonly array $changed
readonly ?string $body
final readonly
Delivered = delivered
Queued = queued
--- made or changed by PHP code
Error: Call to private SecureDispatch\Receipt::__construct() from global scope
ReflectionException: Access to non-public constructor of class SecureDispatch\Receipt
ReflectionException: Class SecureDispatch\Receipt is an internal class marked as final that cannot be instantiated without invoking its constructor
Exception: Unserialization of 'SecureDispatch\Receipt' is not allowed
Exception: Serialization of 'SecureDispatch\Receipt' is not allowed
Error: Cannot modify readonly property SecureDispatch\Receipt::$status
Error: Cannot create dynamic property SecureDispatch\Receipt::$mine
Error: Cannot unset readonly property SecureDispatch\Receipt::$body
Error: Cannot modify readonly property SecureDispatch\Receipt::$changed
Error: Cannot modify readonly property SecureDispatch\Receipt::$status
no error
Error: Call to private method SecureDispatch\Receipt::__construct() from global scope
int(201)
int(201)
Fatal error: Class Mine cannot extend final class SecureDispatch\Receipt in Command line code on line 2
--- bodies
body:: ["",null]
status:204: ["",null]
body:not JSON: JsonException: Syntax error
body:null: ["6e756c6c",null]
body:[1: JsonException: Syntax error
body:%ff%fe: JsonException: Malformed UTF-8 characters, possibly incorrectly encoded
