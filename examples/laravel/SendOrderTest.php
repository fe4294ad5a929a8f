<?php

/** tests/Feature/SendOrderTest.php: php artisan test, where the extension need not be. */

declare(strict_types=1);

namespace Tests\Feature;

use App\Events\OrderStatusChanged;
use App\Listeners\SendOrder;
use SecureDispatch\Dispatcher\DispatcherInterface;
use SecureDispatch\Dispatcher\RecordingDispatcher;
use SecureDispatch\Dispatcher\TemporaryFailure;
use Tests\TestCase;

final class SendOrderTest extends TestCase
{
    public function test_a_failed_attempt_is_repeated_under_the_same_key(): void
    {
        $dispatcher = new RecordingDispatcher();
        $dispatcher->failNext(new TemporaryFailure(status: 503, retryAfter: 30));
        $this->app->instance(DispatcherInterface::class, $dispatcher);

        $listener = $this->app->make(SendOrder::class)->withFakeQueueInteractions();
        $listener->handle(new OrderStatusChanged(17, 'paid'));
        $listener->assertReleased(30);
        $listener->handle(new OrderStatusChanged(17, 'paid'));

        self::assertSame(['order-17/paid', 'order-17/paid'], $dispatcher->keys());
    }
}
