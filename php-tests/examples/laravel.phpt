--TEST--
examples/laravel: the provider binds the extension; the listener sends, releases what may pass, fails the rest, always under the event's key; the queue sees no customer data; the test with the fake passes
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/examples.inc';
require __DIR__ . '/../harness/laravel.inc';
foreach (['SecureDispatchServiceProvider', 'OrderStatusChanged', 'SendOrder', 'SendOrderTest'] as $file) require EXAMPLES . "/laravel/$file.php";
use App\Events\OrderStatusChanged;
use App\Listeners\SendOrder;
use Illuminate\Queue\FakeJob;

$app = new Illuminate\Container\Container();
(new App\Providers\SecureDispatchServiceProvider($app))->register();
foreach (['', 'status:503', 'status:503', 'status:503,retry-after:7', 'status:503,retry-after:86400', 'before:close', 'status:422'] as $n => $behaviour) {
    $id = unique_order();
    treat("order-$id/paid", $behaviour);
    // Through the queue and back, as events go.
    $event = unserialize($queued = serialize(new OrderStatusChanged($id, 'paid')));
    $listener = $app->make(SendOrder::class);
    $listener->job = new FakeJob($n === 2 ? 12 : 1);
    $listener->handle($event);
    echo $behaviour ?: 'taken', ': ', implode(', ', $listener->job->done) ?: 'done', '; requests: ', count(requests("order-$id/paid")), "\n";
}
echo str_replace((string) $id, 'ID', $queued), "\n";
echo $listener instanceof Illuminate\Contracts\Queue\ShouldQueue ? "queued\n" : "not queued\n";
echo abs($listener->retryUntil()->getTimestamp() - time() - 86400) < 60 ? "for a day\n" : "for another time\n";

(new Tests\Feature\SendOrderTest())->test_a_failed_attempt_is_repeated_under_the_same_key();
echo "its own test passes\n";
?>
--EXPECT--
taken: done; requests: 1
status:503: released for 10 s; requests: 1
status:503: released for 900 s; requests: 1
status:503,retry-after:7: released for 7 s; requests: 1
status:503,retry-after:86400: released for 900 s; requests: 1
before:close: released for 10 s; requests: 0
status:422: failed: the API refused the order with HTTP status 422 (Unprocessable Entity). The same order would be refused again.; requests: 1
O:29:"App\Events\OrderStatusChanged":2:{s:7:"orderId";i:ID;s:6:"status";s:4:"paid";}
queued
for a day
its own test passes
