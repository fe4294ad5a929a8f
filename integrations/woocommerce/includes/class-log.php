<?php
/**
 * WooCommerce's log, source secure-dispatch.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * What is told to the shop's log: ids, states and codes, never what is in an order.
 */
final class Log {

	private const SOURCE = 'secure-dispatch';

	/**
	 * What became of a dispatch.
	 *
	 * @param Receipt $receipt The dispatch.
	 */
	public static function outcome( Receipt $receipt ): void {
		$level = match ( $receipt->state ) {
			Receipt::DELIVERED, Receipt::ANNOUNCED, Receipt::QUEUED, Receipt::OVERTAKEN, Receipt::DISCARDED => 'info',
			Receipt::FAILED, Receipt::UNCONFIRMED, Receipt::GONE => 'warning',
			default => 'error',
		};
		$code = null === $receipt->http ? '' : ", HTTP $receipt->http";
		self::line( $level, "Order $receipt->order_id, status $receipt->status: $receipt->state$code" . ( '' === $receipt->detail ? '' : " ($receipt->detail)" ) );
	}

	/**
	 * An error that nobody expected. Its message may hold anything (it may be another plugin's, from a filter): its class and place say enough.
	 *
	 * @param \Throwable $error    The error.
	 * @param int        $order_id The order that it came up with; 0: none.
	 */
	public static function surprise( \Throwable $error, int $order_id = 0 ): void {
		$message = Extension::says( $error );
		self::line( 'error', ( $order_id ? "Order $order_id: " : '' ) . self::name( $error ) . " in {$error->getFile()}:{$error->getLine()}" . ( null === $message ? '' : ": $message" ) );
	}

	/**
	 * An error's class; of an anonymous one, what stands before the NUL byte.
	 *
	 * @param \Throwable $error The error.
	 */
	public static function name( \Throwable $error ): string {
		return (string) strtok( $error::class, "\0" );
	}

	/**
	 * Removes what was told.
	 */
	public static function remove(): void {
		if ( function_exists( 'wc_get_logger' ) && method_exists( wc_get_logger(), 'clear' ) ) {
			wc_get_logger()->clear( self::SOURCE, true );
		}
	}

	/**
	 * A line.
	 *
	 * @param string $level   As in RFC 5424, in words.
	 * @param string $message The line.
	 */
	public static function line( string $level, string $message ): void {
		try {
			if ( function_exists( 'wc_get_logger' ) ) {
				wc_get_logger()->log( $level, $message, array( 'source' => self::SOURCE ) );
			}
		} catch ( \Throwable ) {
			// Another plugin's code hangs on the log. No order is to fail by a line about it.
			return;
		}
	}
}
