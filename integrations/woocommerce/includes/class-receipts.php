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
			// Two processes that dispatched the same at the same time have both kept it.
			if ( $receipt && ! isset( $receipts[ $receipt->key ] ) ) {
				$receipts[ $receipt->key ] = $receipt;
			}
		}
		return array_values( $receipts );
	}

	/**
	 * The rows, in the sequence in which they were made.
	 *
	 * @param \WC_Order $order The order, as it was read.
	 * @return \WC_Meta_Data[]
	 */
	private static function rows( \WC_Order $order ): array {
		$rows = array_filter( $order->get_meta_data(), static fn ( $meta ) => self::OPEN === $meta->key || self::CLOSED === $meta->key );
		usort( $rows, static fn ( $a, $b ) => $a->id <=> $b->id );
		return $rows;
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
	 * Keeps a receipt, in the row that it has or in a new one.
	 *
	 * @param \WC_Order $order   Its order.
	 * @param Receipt   $receipt The receipt.
	 */
	public static function keep( \WC_Order $order, Receipt $receipt ): void {
		$name = $receipt->is_open() ? self::OPEN : self::CLOSED;
		if ( 0 === $receipt->meta_id ) {
			$order->add_meta_data( $name, $receipt->row() );
		} else {
			// By the row's id: WC_Data::update_meta_data() looks for a row of the same name.
			foreach ( self::rows( $order ) as $meta ) {
				if ( (int) $meta->id === $receipt->meta_id ) {
					$meta->key   = $name;
					$meta->value = $receipt->row();
				} elseif ( ( $meta->value['key'] ?? '' ) === $receipt->key ) {
					// Another process dispatched the same at the same time, and has kept it too. Null: WC_Data deletes the row.
					$meta->value = null;
				}
			}
		}
		self::save( $order );
	}

	/**
	 * Whether a receipt that was just kept in a new row is the only one, or the first: of processes that dispatched the same at the same
	 * time, one tells of it. The others' rows are removed.
	 *
	 * @param \WC_Order $order   Its order, which the receipt was kept with.
	 * @param Receipt   $receipt The receipt.
	 */
	public static function is_first( \WC_Order $order, Receipt $receipt ): bool {
		$same = static fn ( $meta ) => ( $meta->value['key'] ?? '' ) === $receipt->key;
		$ours = current( array_filter( self::rows( $order ), $same ) );
		$order->read_meta_data( true );
		$all   = array_filter( self::rows( $order ), $same );
		$first = current( $all );
		if ( ! $ours || ! $first || (int) $first->id === (int) $ours->id ) {
			return true;
		}
		$order->delete_meta_data_by_mid( $ours->id );
		self::save( $order );
		return false;
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
	 * Orders that have open receipts, by the id of the receipt's row.
	 *
	 * @param int $after  From this row on.
	 * @param int $limit  So many rows at most.
	 * @return array<int, int> Row => order.
	 */
	public static function open( int $after, int $limit ): array {
		global $wpdb;
		$table = Storage::meta();
		// phpcs:disable WordPress.DB -- WooCommerce has no query for meta rows in the sequence of their ids; names of tables and columns are Storage's.
		$rows = $wpdb->get_results(
			$wpdb->prepare(
				"SELECT {$table['id']} AS row_id, {$table['order']} AS order_id FROM {$table['name']} WHERE meta_key = %s AND {$table['id']} > %d ORDER BY {$table['id']} LIMIT %d",
				self::OPEN,
				$after,
				$limit
			)
		);
		// phpcs:enable
		return array_map( 'intval', array_column( $rows, 'order_id', 'row_id' ) );
	}

	/**
	 * Leaves receipts out of what WooCommerce Subscriptions copies to a renewal order.
	 *
	 * @param array $meta Rows with meta_key.
	 */
	public static function leave_out_copies( $meta ) {
		return is_array( $meta ) ? array_filter( $meta, static fn ( $row ) => ! in_array( $row['meta_key'] ?? '', array( self::OPEN, self::CLOSED ), true ) ) : $meta;
	}
}
