<?php

/**
 * app/Listeners/SendOrder.php, which Laravel finds there by itself: event(new OrderStatusChanged(17, 'paid')) queues it.
 *
 * With secure_dispatch.outbox no queue is needed: the call puts the order on disk and is short. Then implement
 * ShouldHandleEventsAfterCommit instead, and report() both failures: the listener runs in the web request, where the key is.
 *
 * Without, `php artisan queue:work` must have the key: examples/as_user.php. Its --timeout, and retry_after in config/queue.php, must be
 * longer than secure_dispatch.timeout_ms.
 */

declare(strict_types=1);

namespace App\Listeners;

use App\Events\OrderStatusChanged;
use App\Models\Order;
use DateTimeImmutable;
use DateTimeInterface;
use Illuminate\Contracts\Queue\ShouldQueueAfterCommit;
use Illuminate\Queue\InteractsWithQueue;
use SecureDispatch\Dispatcher\DispatcherInterface;
use SecureDispatch\Dispatcher\PermanentFailure;
use SecureDispatch\Dispatcher\TemporaryFailure;

// AfterCommit: else a worker could look for the order before it is in the database.
final class SendOrder implements ShouldQueueAfterCommit
{
    use InteractsWithQueue;

    public function __construct(private readonly DispatcherInterface $dispatcher)
    {
    }

    public function handle(OrderStatusChanged $event): void
    {
        $order = Order::findOrFail($event->orderId)->toArray();

        try {
            // The key is made of the event, so that it is the same for each attempt.
            $this->dispatcher->dispatch($order, "order-{$event->orderId}/{$event->status}");
        } catch (TemporaryFailure $failure) {
            // When the API wants it, or after 10 s, 20 s, 40 s …; a quarter of an hour is the longest that SQS waits.
            $this->release(min(900, $failure->retryAfter ?? 5 << min(8, $this->attempts())));
        } catch (PermanentFailure $failure) {
            // Into failed_jobs at once. When it is mended: php artisan queue:retry.
            $this->fail($failure);
        }
    }

    // For a day, however often: a number of tries would be used up by a short outage.
    public function retryUntil(): DateTimeInterface
    {
        return new DateTimeImmutable('+1 day');
    }
}
