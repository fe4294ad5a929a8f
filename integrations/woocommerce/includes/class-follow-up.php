<?php
/**
 * Learns what became of dispatches that were not settled at once.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

use SecureDispatch\Exception\SecureDispatchException;
use SecureDispatch\Exception\UnavailableException;

defined( 'ABSPATH' ) || exit;

/**
 * Looks at open receipts, some at a time, each in its turn.
 */
final class Follow_Up {

	/** Where a pass is: whether it looks at all, and when it, or the last one that did, began, in seconds of the epoch. Between passes, 'was_all'. */
	private const CURSOR = 'secure_dispatch_followed_up';
	private const BATCH  = 100;

	/** What only an operator can change is looked at so often: there may be thousands, for good. */
	private const ALL_EVERY = HOUR_IN_SECONDS;

	/** What could not be put into an outbox is tried for so long. */
	private const MAX_AGE = 7 * DAY_IN_SECONDS;

	/**
	 * Looks at open receipts until all were looked at or the time is over; the next run goes on where this one ended.
	 *
	 * @param float $deadline As microtime( true ).
	 * @return int How many changed.
	 * @throws SecureDispatchException The outbox cannot be used: what could be done without it is done.
	 */
	public static function run( float $deadline ): int {
		$was_all = ( (array) get_option( self::CURSOR, array() ) )['was_all'] ?? 0;
		$all     = $was_all > time() || $was_all <= time() - self::ALL_EVERY;
		$pass    = new Pass(
			self::CURSOR,
			array(
				'after'  => 0,
				'all'    => $all,
				'all_at' => $all ? time() : $was_all,
			)
		);
		$changed = 0;
		$fault   = null;
		do {
			$receipts = Receipts::open( $pass->place( 'after' ), self::BATCH );
			foreach ( $receipts as $row => $receipt ) {
				if ( microtime( true ) >= $deadline ) {
					$pass->pause();
					return $changed;
				}
				if ( $pass->place( 'all' ) || ! in_array( $receipt['state'], Receipt::PARKED, true ) ) {
					$pass->looks_at( $row );
					try {
						$changed += self::look( $receipt['order'] );
					} catch ( UnavailableException $error ) {
						// Others may not need the outbox.
						$fault = $error;
					} catch ( SecureDispatchException $error ) {
						$pass->pause();
						throw $error;
					} catch ( \Throwable $error ) {
						// One order that another plugin stumbles over must not hold up the others.
						Log::surprise( $error, $receipt['order'] );
					}
				}
				$pass->has_looked_at( $row );
			}
		} while ( self::BATCH === count( $receipts ) );
		$pass->end( array( 'was_all' => $pass->place( 'all_at' ) ) );
		if ( null !== $fault ) {
			throw $fault;
		}
		return $changed;
	}

	/**
	 * Has the next run look at all open receipts: somebody has made due what was parked.
	 */
	public static function begin_anew(): void {
		delete_option( self::CURSOR );
	}

	/**
	 * Looks at an order's open receipts.
	 *
	 * @param int $order_id The order.
	 * @return int How many changed.
	 */
	public static function look( int $order_id ): int {
		$order = Sender::order( $order_id );
		if ( null === $order ) {
			return 0;
		}
		$changed  = 0;
		$receipts = Receipts::of( $order );
		foreach ( $receipts as $receipt ) {
			if ( $receipt->is_open() ) {
				$now = self::learn( $order, $receipt, $receipts );
				// That what was announced is in the outbox is no news.
				$changed += (int) ( $now->state !== $receipt->state && Receipt::QUEUED !== $now->state );
			}
		}
		Receipts::tidy( $order );
		return $changed;
	}

	/**
	 * Learns what became of a dispatch, and sends what is still to be sent from here.
	 *
	 * @param \WC_Order $order    The order.
	 * @param Receipt   $receipt  The dispatch, as it was kept.
	 * @param Receipt[] $receipts All of the order's, oldest first.
	 * @return Receipt As it is now.
	 * @throws UnavailableException The outbox cannot be used, and may have what is asked for.
	 */
	private static function learn( \WC_Order $order, Receipt $receipt, array $receipts ): Receipt {
		try {
			$row = Extension::has_outbox() ? Extension::find( $receipt->key ) : null;
		} catch ( UnavailableException $error ) {
			if ( Receipt::FAILED !== $receipt->state ) {
				throw $error;
			}
			// It could not be put there.
			$row = null;
		}
		if ( null !== $row ) {
			return Sender::settle( $order, $receipt, $receipt->found( $row ) );
		}
		if ( $receipt->was_kept() ) {
			return Extension::has_outbox() ? Sender::settle( $order, $receipt, $receipt->in( Receipt::GONE ) ) : $receipt;
		}
		if ( ! Extension::has_outbox() && Settings::waits() && $receipt->since > time() - MINUTE_IN_SECONDS ) {
			// Its own request may still be at it.
			return $receipt;
		}
		if ( end( $receipts ) !== $receipt ) {
			return Sender::settle( $order, $receipt, $receipt->in( Receipt::OVERTAKEN ) );
		}
		if ( ! $receipt->is_due() ) {
			return $receipt;
		}
		if ( $receipt->tried > 0 && $receipt->tried < time() - self::MAX_AGE ) {
			return Sender::settle( $order, $receipt, $receipt->in( Receipt::DEAD, $receipt->http, $receipt->detail ) );
		}
		$older = array_filter( $receipts, static fn ( Receipt $other ) => $other !== $receipt && $other->is_moving() );
		return Sender::resume( $order, $receipt, array() === $older || ! Extension::has_outbox() );
	}

	/**
	 * Removes what is kept.
	 */
	public static function remove(): void {
		self::begin_anew();
	}
}
