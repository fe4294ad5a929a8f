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
			if ( $receipt && ( $receipts[ $receipt->key ] ?? null )?->is_open() !== false ) {
				// Where a change was cut short the older row is there, too; and a client of the REST API may have put an open one back.
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
	 * Keeps a receipt in a row of its own, before anything leaves. Of processes that announce something of an order at the same time, the first
	 * one tells.
	 *
	 * @param \WC_Order $order   Its order.
	 * @param Receipt   $receipt The receipt.
	 * @return Receipt|null As it is kept; null if another process has announced the same, or anything, since the order was read.
	 * @throws \RuntimeException The database does not take it, or does not tell what it has.
	 */
	public static function announce( \WC_Order $order, Receipt $receipt ): ?Receipt {
		$known = array_column( array_column( self::rows( $order ), 'value' ), 'key' );
		$ours  = self::add( $order, $receipt );
		self::read( $order );
		foreach ( self::rows( $order ) as $meta ) {
			if ( (int) $meta->id < $ours && ! in_array( $meta->value['key'] ?? '', $known, true ) ) {
				$order->delete_meta_data_by_mid( $ours );
				self::save( $order );
				return null;
			}
		}
		return $receipt->at( $ours );
	}

	/**
	 * Reads an order's rows afresh.
	 *
	 * @param \WC_Order $order The order.
	 * @throws \RuntimeException The database does not tell what it has: as if there were none, and all would be told again.
	 */
	public static function read( \WC_Order $order ): void {
		global $wpdb;
		$wpdb->last_error = '';
		$order->read_meta_data( true );
		if ( '' !== $wpdb->last_error ) {
			throw new \RuntimeException( 'the database does not tell what was told of an order' );
		}
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
	 * Removes open rows of what is closed.
	 *
	 * @param \WC_Order $order The order, as it was read.
	 */
	public static function tidy( \WC_Order $order ): void {
		$closed = array_column( array_filter( self::of( $order ), static fn ( Receipt $receipt ) => ! $receipt->is_open() ), 'key' );
		$left   = array_filter( self::rows( $order ), static fn ( $meta ) => self::OPEN === $meta->key && in_array( $meta->value['key'] ?? '', $closed, true ) );
		if ( array() !== $left ) {
			array_map( static fn ( $meta ) => $order->delete_meta_data_by_mid( $meta->id ), $left );
			self::save( $order );
		}
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
		Storage::copy( $order->get_id() );
	}

	/**
	 * How many open receipts there are, by their states.
	 *
	 * @return array<string, int>
	 */
	public static function count(): array {
		global $wpdb;
		$table = Storage::meta();
		// phpcs:disable WordPress.DB -- As below.
		$values = $wpdb->get_col( $wpdb->prepare( "SELECT meta_value FROM {$table['name']} WHERE meta_key = %s", self::OPEN ) );
		// phpcs:enable
		$states = array_map( static fn ( string $value ) => maybe_unserialize( $value )['state'] ?? '', $values );
		return array_count_values( array_filter( $states, 'is_string' ) );
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

	/**
	 * Leaves receipts out of what the REST API tells: clients write back what they have read, by then old.
	 *
	 * @param mixed $response A response about an order.
	 */
	public static function leave_out_of_rest( $response ) {
		if ( $response instanceof \WP_REST_Response && is_array( $response->data['meta_data'] ?? null ) ) {
			$response->data['meta_data'] = array_values( array_filter( $response->data['meta_data'], static fn ( $meta ) => ! in_array( is_object( $meta ) ? $meta->key : $meta['key'] ?? '', array( self::OPEN, self::CLOSED ), true ) ) );
		}
		return $response;
	}
}
