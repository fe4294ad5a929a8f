<?php
/**
 * An order's receipts, in its meta data.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * Each receipt is a row of its own, so that processes that write at the same time do not undo each other's; the name of the row says
 * whether it is still open, so that those are found without looking at all orders.
 */
final class Receipts {

	/** Name of the rows of which something can still become. */
	public const OPEN = '_secure_dispatch_open';
	/** Name of the others. */
	public const CLOSED = '_secure_dispatch_receipt';

	/**
	 * An order's receipts, oldest first.
	 *
	 * @param \WC_Order $order The order, as it was read.
	 * @return Receipt[]
	 */
	public static function of( \WC_Order $order ): array {
		$receipts = array();
		foreach ( self::rows( $order ) as $meta ) {
			$receipt = Receipt::read( $meta->value, $order->get_id(), (int) $meta->id );
			if ( $receipt ) {
				// Where a change was cut short the older row is there, too.
				$receipts[ $receipt->key ] = $receipt;
			}
		}
		usort( $receipts, static fn ( Receipt $a, Receipt $b ) => $a->since <=> $b->since );
		return $receipts;
	}

	/**
	 * What was last told of an order.
	 *
	 * @param \WC_Order $order The order, as it was read.
	 */
	public static function last( \WC_Order $order ): ?Receipt {
		$receipts = self::of( $order );
		return end( $receipts ) ?: null;
	}

	/**
	 * Keeps a receipt in a row of its own, before anything leaves; of processes that announce the same at the same time, the first one tells.
	 *
	 * @param \WC_Order $order   Its order.
	 * @param Receipt   $receipt The receipt.
	 * @return Receipt|null As it is kept; null if another process was faster.
	 */
	public static function announce( \WC_Order $order, Receipt $receipt ): ?Receipt {
		$ours = self::add( $order, $receipt );
		$order->read_meta_data( true );
		$first = current( self::of_key( $order, $receipt->key ) );
		if ( ! $first || (int) $first->id >= $ours ) {
			return $receipt->at( $ours );
		}
		$order->delete_meta_data_by_mid( $ours );
		self::save( $order );
		return null;
	}

	/**
	 * Keeps a receipt as it is now, in the place of the row that it has. A new row, since WooCommerce's copies of an order (its compatibility
	 * mode) know of rows by their name only.
	 *
	 * @param \WC_Order $order   Its order.
	 * @param Receipt   $receipt The receipt.
	 */
	public static function keep( \WC_Order $order, Receipt $receipt ): Receipt {
		// The new one first: where PHP ends in between, there are two.
		$new = self::add( $order, $receipt );
		foreach ( self::of_key( $order, $receipt->key ) as $meta ) {
			if ( (int) $meta->id !== $new ) {
				$order->delete_meta_data_by_mid( $meta->id );
			}
		}
		self::save( $order );
		return $receipt->at( $new );
	}

	/**
	 * Adds a row.
	 *
	 * @param \WC_Order $order   Its order.
	 * @param Receipt   $receipt The receipt.
	 * @return int The row's id.
	 * @throws \RuntimeException The database does not take it.
	 */
	private static function add( \WC_Order $order, Receipt $receipt ): int {
		$order->add_meta_data( $receipt->is_open() ? self::OPEN : self::CLOSED, $receipt->row() );
		self::save( $order );
		$ids = array_map( static fn ( $meta ) => (int) $meta->id, self::of_key( $order, $receipt->key ) );
		if ( array() === $ids || 0 === max( $ids ) ) {
			throw new \RuntimeException( 'the database does not take the receipt' );
		}
		return max( $ids );
	}

	/**
	 * The rows, in the sequence in which they were made.
	 *
	 * @param \WC_Order $order The order, as it was read.
	 * @return \WC_Meta_Data[]
	 */
	private static function rows( \WC_Order $order ): array {
		$rows = array_filter( $order->get_meta_data(), static fn ( $meta ) => ( self::OPEN === $meta->key || self::CLOSED === $meta->key ) && is_array( $meta->value ) );
		usort( $rows, static fn ( $a, $b ) => $a->id <=> $b->id );
		return $rows;
	}

	/**
	 * The rows of one dispatch.
	 *
	 * @param \WC_Order $order The order, as it was read.
	 * @param string    $key   The idempotency key.
	 * @return \WC_Meta_Data[]
	 */
	private static function of_key( \WC_Order $order, string $key ): array {
		return array_values( array_filter( self::rows( $order ), static fn ( $meta ) => ( $meta->value['key'] ?? '' ) === $key ) );
	}

	/**
	 * Saves the rows alone: an order is not changed by what was told of it, so that nobody's "order updated" is due, nor another time of its
	 * last change.
	 *
	 * @param \WC_Order $order The order.
	 */
	private static function save( \WC_Order $order ): void {
		$never = static fn () => false;
		add_filter( 'woocommerce_orders_table_datastore_should_save_after_meta_change', $never );
		try {
			$order->save_meta_data();
		} finally {
			remove_filter( 'woocommerce_orders_table_datastore_should_save_after_meta_change', $never );
		}
	}

	/**
	 * How many open receipts are in a state.
	 *
	 * @param string $state One of Receipt's.
	 */
	public static function count( string $state ): int {
		global $wpdb;
		$table = Storage::meta();
		// phpcs:disable WordPress.DB, WordPress.PHP.DiscouragedPHPFunctions -- As below; a row's value is as WordPress serializes it.
		return (int) $wpdb->get_var( $wpdb->prepare( "SELECT COUNT(*) FROM {$table['name']} WHERE meta_key = %s AND meta_value LIKE %s", self::OPEN, '%' . $wpdb->esc_like( serialize( $state ) ) . '%' ) );
		// phpcs:enable
	}

	/**
	 * Open receipts, in the sequence of their rows.
	 *
	 * @param int $after  From this row on.
	 * @param int $limit  So many rows at most.
	 * @return array<int, array{order: int, state: string}> By the row.
	 */
	public static function open( int $after, int $limit ): array {
		global $wpdb;
		$table = Storage::meta();
		// phpcs:disable WordPress.DB -- WooCommerce has no query for meta rows in the sequence of their ids; names of tables and columns are Storage's.
		$rows = $wpdb->get_results(
			$wpdb->prepare(
				"SELECT {$table['id']} AS row_id, {$table['order']} AS order_id, meta_value FROM {$table['name']} WHERE meta_key = %s AND {$table['id']} > %d ORDER BY {$table['id']} LIMIT %d",
				self::OPEN,
				$after,
				$limit
			)
		);
		// phpcs:enable
		$open = array();
		foreach ( (array) $rows as $row ) {
			$value                      = maybe_unserialize( $row->meta_value );
			$open[ (int) $row->row_id ] = array(
				'order' => (int) $row->order_id,
				'state' => is_array( $value ) ? (string) ( $value['state'] ?? '' ) : '',
			);
		}
		return $open;
	}

	/**
	 * Leaves receipts out of what WooCommerce Subscriptions copies from a subscription to an order, or the other way.
	 *
	 * @param array $data Values by their names.
	 */
	public static function leave_out_copies( $data ) {
		return is_array( $data ) ? array_diff_key( $data, array_flip( array( self::OPEN, self::CLOSED ) ) ) : $data;
	}
}
