<?php

/** app/Events/OrderStatusChanged.php. It goes through the queue, so it has what finds the order again, and nothing of the customer. */

declare(strict_types=1);

namespace App\Events;

final readonly class OrderStatusChanged
{
    public function __construct(
        public int $orderId,
        public string $status,
    ) {
    }
}
