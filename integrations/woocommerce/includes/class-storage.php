<?php
/**
 * Where WooCommerce keeps orders.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * Names of tables and columns, for the two queries that WooCommerce's own functions cannot make for both kinds of storage.
 */
final class Storage {

	/**
	 * Whether orders are in tables of their own (HPOS), not in posts.
	 */
	public static function is_hpos(): bool {
		return class_exists( \Automattic\WooCommerce\Utilities\OrderUtil::class )
			&& \Automattic\WooCommerce\Utilities\OrderUtil::custom_orders_table_usage_is_enabled();
	}

	/**
	 * Has an order read from the database, not from what this process remembers of it.
	 *
	 * @param int $id The order.
	 */
	public static function forget( int $id ): void {
		if ( self::is_hpos() ) {
			wc_get_container()->get( \Automattic\WooCommerce\Caches\OrderCache::class )->remove( $id );
			$store = \WC_Data_Store::load( 'order' );
			if ( is_callable( array( $store, 'clear_cached_data' ) ) ) {
				$store->clear_cached_data( array( $id ) );
			}
		} else {
			clean_post_cache( $id );
		}
		wp_cache_delete( "order-items-$id", 'orders' );
		wp_cache_delete( \WC_Cache_Helper::get_cache_prefix( 'orders' ) . "refunds$id", 'orders' );
	}

	/**
	 * Has an order copied to the tables that are not in use, where WooCommerce is to keep both alike (its compatibility mode). It does that when an
	 * order changes, and what is kept of ours is no change; but from posts to tables of their own they are to be found there when the shop moves.
	 *
	 * @param int $id The order.
	 */
	public static function copy( int $id ): void {
		if ( self::is_hpos() || 'yes' !== get_option( 'woocommerce_custom_orders_table_data_sync_enabled' ) ) {
			return;
		}
		$migration = \Automattic\WooCommerce\Database\Migrations\CustomOrderTable\PostsToOrdersMigrationController::class;
		if ( class_exists( $migration ) ) {
			wc_get_container()->get( $migration )->migrate_orders( array( $id ) );
		}
	}

	/**
	 * Orders.
	 *
	 * @return array{name: string, id: string, type: string, status: string, modified: string}
	 */
	public static function orders(): array {
		global $wpdb;
		return self::is_hpos()
			? array(
				'name'     => "{$wpdb->prefix}wc_orders",
				'id'       => 'id',
				'type'     => 'type',
				'status'   => 'status',
				'modified' => 'date_updated_gmt',
			)
			: array(
				'name'     => $wpdb->posts,
				'id'       => 'ID',
				'type'     => 'post_type',
				'status'   => 'post_status',
				'modified' => 'post_modified_gmt',
			);
	}

	/**
	 * Their meta data; the name and the value are in meta_key and meta_value.
	 *
	 * @return array{name: string, id: string, order: string}
	 */
	public static function meta(): array {
		global $wpdb;
		return self::is_hpos()
			? array(
				'name'  => "{$wpdb->prefix}wc_orders_meta",
				'id'    => 'id',
				'order' => 'order_id',
			)
			: array(
				'name'  => $wpdb->postmeta,
				'id'    => 'meta_id',
				'order' => 'post_id',
			);
	}
}
