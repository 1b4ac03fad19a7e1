/*
 * fold_dependency.c - matches that nft has put in because a later one needs them. See fold.h.
 *
 * A match on a header's key (ether type, ip protocol, meta l4proto ...) is remembered for the layer
 * above; a match on a field of that layer makes it superfluous, with exceptions that are nft's.
 */
#include <netinet/in.h> /* before linux/in.h, which must know */

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "net/nft/fold.h"

void sal_nft_fold_forget(struct sal_nft_fold *fold)
{
	memset(fold->dependencies, 0, sizeof(fold->dependencies));
	fold->prev = NULL;
	fold->dependency_icmp_type = 0;
}

/* A match on the ICMP type: kept in mind, and true when it must stay since echo and reply differ. */
static bool icmp_type_store(struct sal_nft_fold *fold, const struct sal_nft_expr *relation)
{
	const struct sal_nft_expr *left = relation->left, *right = relation->right;
	uint8_t type;

	if (left->kind != SAL_NFT_PAYLOAD || right->kind != SAL_NFT_VALUE || right->len != 8)
		return false;
	type = (uint8_t)right->value.w[0];
	if (left->payload.header == SAL_NFT_HEADER(ICMP)) {
		fold->dependency_icmp_type = type ? type : 8;
		return fold->dependency_icmp_type == 8;
	}
	if (left->payload.header == SAL_NFT_HEADER(ICMPV6)) {
		fold->dependency_icmp_type = type;
		return type == 128 || type == 129;
	}
	return false;
}

void sal_nft_fold_depend(struct sal_nft_fold *fold, struct sal_nft_stmt *stmt, unsigned layer)
{
	if (icmp_type_store(fold, stmt->expr) || layer + 1 >= SAL_NFT_LAYERS)
		return;
	fold->dependencies[layer + 1] = stmt;
}

/* Where a layer's dependency stands: a key of the transport header is one of that layer, too. */
static unsigned dependency_slot(const struct sal_nft_fold *fold, unsigned layer)
{
	if (!fold->dependencies[layer] && layer == SAL_NFT_LAYER_TRANSPORT)
		return SAL_NFT_LAYER_INNER;
	return layer;
}

struct sal_nft_expr *sal_nft_fold_dependency(const struct sal_nft_fold *fold, unsigned layer)
{
	const struct sal_nft_stmt *stmt = fold->dependencies[dependency_slot(fold, layer)];

	return stmt && stmt->expr->kind == SAL_NFT_RELATION ? stmt->expr : NULL;
}

void sal_nft_fold_release(struct sal_nft_fold *fold, unsigned layer)
{
	unsigned slot = dependency_slot(fold, layer);
	struct sal_nft_stmt *stmt = fold->dependencies[slot];

	if (!stmt)
		return;
	sal_nft_stmt_remove(fold->stmts, stmt);
	if (fold->prev == stmt)
		fold->prev = NULL;
	fold->dependencies[slot] = NULL;
}

static bool is_mixed(uint8_t family)
{
	return family == NFPROTO_BRIDGE || family == NFPROTO_NETDEV || family == NFPROTO_INET;
}

static bool link_implied(const struct sal_nft_expr *dependency)
{
	const struct sal_nft_expr *left = dependency->left, *right = dependency->right;

	/* vlan type is never put in by nft itself */
	if (left->payload.header == SAL_NFT_HEADER(VLAN))
		return false;
	/* vlan id means ether type 8021q, and no other type */
	if (left->payload.header == SAL_NFT_HEADER(ETHER) && right->kind == SAL_NFT_VALUE &&
	    right->len == 16)
		return (uint16_t)right->value.w[0] == ETH_P_8021Q;
	return true;
}

static bool icmp_implied(const struct sal_nft_fold *fold, const struct sal_nft_expr *dependency,
			 const struct sal_nft_expr *payload)
{
	const struct sal_nft_field *field = payload->payload.field;

	return field && field->icmp &&
	       dependency->left->payload.header == payload->payload.header &&
	       fold->dependency_icmp_type == sal_nft_header_icmp_type(field->icmp);
}

static bool payload_implies(const struct sal_nft_fold *fold, const struct sal_nft_expr *payload)
{
	const struct sal_nft_expr *dependency =
		sal_nft_fold_dependency(fold, payload->payload.layer);
	const struct sal_nft_expr *left;

	if (!dependency)
		return false;
	left = dependency->left;
	if (left->kind != SAL_NFT_PAYLOAD)
		return true;
	if (is_mixed(fold->family)) {
		/* ip protocol and ip6 nexthdr say which of both it is: they stay */
		if (left->payload.layer == SAL_NFT_LAYER_NETWORK &&
		    (left->payload.header == SAL_NFT_HEADER(IP) ||
		     left->payload.header == SAL_NFT_HEADER(IP6)) &&
		    payload->payload.layer == SAL_NFT_LAYER_TRANSPORT)
			return false;
		if (dependency->op == SAL_NFT_OP_EQ &&
		    payload->payload.layer == left->payload.layer) {
			if (payload->flags & SAL_NFT_PROTOCOL)
				return false;
			if (payload->payload.layer == SAL_NFT_LAYER_LINK)
				return link_implied(dependency);
		}
	}
	if (payload->payload.layer != SAL_NFT_LAYER_TRANSPORT ||
	    left->payload.layer != SAL_NFT_LAYER_TRANSPORT)
		return true;
	if (left->payload.header == SAL_NFT_HEADER(ICMP) ||
	    left->payload.header == SAL_NFT_HEADER(ICMPV6))
		return icmp_implied(fold, dependency, payload);
	return true;
}

void sal_nft_fold_payload_implies(struct sal_nft_fold *fold, const struct sal_nft_expr *payload)
{
	if (payload->payload.header && payload_implies(fold, payload))
		sal_nft_fold_release(fold, payload->payload.layer);
}

void sal_nft_fold_exthdr_implies(struct sal_nft_fold *fold, const struct sal_nft_expr *exthdr)
{
	switch (exthdr->exthdr.op) {
	case NFT_EXTHDR_OP_TCPOPT:
		sal_nft_fold_release(fold, SAL_NFT_LAYER_TRANSPORT);
		break;
	case NFT_EXTHDR_OP_IPV4:
	case NFT_EXTHDR_OP_IPV6:
		sal_nft_fold_release(fold, SAL_NFT_LAYER_NETWORK);
		break;
	}
}

static uint8_t ethertype_family(uint16_t type)
{
	return type == ETH_P_IP ? NFPROTO_IPV4 : type == ETH_P_IPV6 ? NFPROTO_IPV6 : 0;
}

/* The network protocol that a match is about; false when it is about something else. */
static bool dependency_family(const struct sal_nft_expr *dependency, uint8_t *ret_family)
{
	const struct sal_nft_expr *left = dependency->left, *right = dependency->right;
	uint64_t value = right->kind == SAL_NFT_VALUE ? right->value.w[0] : 0;

	if (left->kind == SAL_NFT_META && left->load.key == NFT_META_NFPROTO)
		*ret_family = (uint8_t)value;
	else if ((left->kind == SAL_NFT_META && left->load.key == NFT_META_PROTOCOL) ||
		 (left->kind == SAL_NFT_PAYLOAD && left->payload.layer == SAL_NFT_LAYER_LINK &&
		  left->type->id == SAL_NFT_TYPE_ETHERTYPE))
		*ret_family = ethertype_family((uint16_t)value);
	else
		return false;
	return true;
}

bool sal_nft_fold_meta_implies(const struct sal_nft_fold *fold, const struct sal_nft_expr *relation)
{
	const struct sal_nft_expr *dependency =
		sal_nft_fold_dependency(fold, SAL_NFT_LAYER_NETWORK);
	uint8_t family = 0, protocol;

	if (!dependency || !dependency_family(dependency, &family))
		return true;
	if (fold->family == NFPROTO_IPV4 || fold->family == NFPROTO_IPV6)
		return fold->family == family;
	if (!is_mixed(fold->family) || relation->left->load.key != NFT_META_L4PROTO)
		return true;
	protocol = (uint8_t)relation->right->value.w[0];
	if (protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6)
		return false;
	return !((family == NFPROTO_IPV4 && protocol == IPPROTO_ICMPV6) ||
		 (family == NFPROTO_IPV6 && protocol == IPPROTO_ICMP));
}
