--TEST--
examples/symfony: Messenger's bus calls the handler, which sends; what may pass is retried when the API says, the rest is not, always under the message's key; the queue sees no customer data
--SKIPIF--
<?php require __DIR__ . '/../harness/examples.inc'; if (!library('Symfony/Component/Messenger/autoload.php')) die('skip needs php-symfony-messenger'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/examples.inc';
library('Symfony/Component/Messenger/autoload.php');
require __DIR__ . '/../harness/symfony.inc';
foreach (['OrderStatusChanged', 'OrderSender', 'SendOrderHandler'] as $file) require EXAMPLES . "/symfony/$file.php";
use App\Message\OrderStatusChanged;
use Symfony\Component\Messenger\Envelope;
use Symfony\Component\Messenger\Exception\HandlerFailedException;
use Symfony\Component\Messenger\Exception\RecoverableExceptionInterface;
use Symfony\Component\Messenger\Exception\UnrecoverableExceptionInterface;
use Symfony\Component\Messenger\Transport\Serialization\PhpSerializer;

$handler = new App\MessageHandler\SendOrderHandler(new App\Service\OrderSender(new SecureDispatch\Dispatcher\ExtensionDispatcher(), new App\Repository\OrderRepository()));
$bus = new Symfony\Component\Messenger\MessageBus([new Symfony\Component\Messenger\Middleware\HandleMessageMiddleware(
    new Symfony\Component\Messenger\Handler\HandlersLocator([OrderStatusChanged::class => [$handler]]),
)]);
foreach (['', 'status:503', 'status:503,retry-after:7', 'before:close', 'status:422'] as $behaviour) {
    $id = unique_order();
    treat("order-$id/paid", $behaviour);
    // Through a transport and back.
    $queued = (new PhpSerializer())->encode(new Envelope(new OrderStatusChanged($id, 'paid')));
    try {
        $bus->dispatch((new PhpSerializer())->decode($queued));
        $told = 'done';
    } catch (HandlerFailedException $failed) {
        $failure = $failed->getPrevious();
        $told = match (true) {
            $failure instanceof UnrecoverableExceptionInterface => 'to the failure transport',
            $failure instanceof RecoverableExceptionInterface => "again in {$failure->getRetryDelay()} ms",
            default => 'by the retry strategy: ' . $failure::class,
        };
    }
    echo $behaviour ?: 'taken', ": $told; requests: ", count(requests("order-$id/paid")), "\n";
}
echo str_contains($queued['body'], (string) $id) && !preg_match('/Ada|billing/', $queued['body']) ? "only the id is queued\n" : $queued['body'];
echo count((new ReflectionClass($handler))->getAttributes(Symfony\Component\Messenger\Attribute\AsMessageHandler::class)), " attribute\n";
// Every class of ours that the configuration names is there.
preg_match_all('/(?:SecureDispatch|App)\\\\[\w\\\\]+/', file_get_contents(EXAMPLES . '/symfony/secure_dispatch.yaml'), $named);
foreach (array_unique($named[0]) as $name) if (!class_exists($name) && !interface_exists($name)) echo "there is no $name\n";
?>
--EXPECT--
taken: done; requests: 1
status:503: by the retry strategy: SecureDispatch\Dispatcher\TemporaryFailure; requests: 1
status:503,retry-after:7: again in 7000 ms; requests: 1
before:close: by the retry strategy: SecureDispatch\Dispatcher\TemporaryFailure; requests: 0
status:422: to the failure transport; requests: 1
only the id is queued
1 attribute
