<?php

/** src/Service/OrderSender.php: the one place that knows how an order of this shop is sent. Controllers may call it, and the handler does. */

declare(strict_types=1);

namespace App\Service;

use App\Repository\OrderRepository;
use SecureDispatch\Dispatcher\DispatcherInterface;
use SecureDispatch\Dispatcher\DispatchFailure;
use SecureDispatch\Dispatcher\Result;

final readonly class OrderSender
{
    public function __construct(
        private DispatcherInterface $dispatcher,
        private OrderRepository $orders,
    ) {
    }

    /** @throws DispatchFailure */
    public function send(int $orderId, string $status): Result
    {
        // The key is made of what the message has, so that it is the same for each attempt.
        return $this->dispatcher->dispatch($this->orders->asArray($orderId), "order-$orderId/$status");
    }
}
