/* set.c - sets and maps: what their keys and data are, and how they are declared. See ruleset.h. */
#include <linux/netfilter.h>
#include <string.h>

#include "base/json_write.h"
#include "net/nft/json.h"

/* What nft writes into the user data of sets. */
enum set_udata {
	UDATA_KEY_ORDER,
	UDATA_DATA_ORDER,
	UDATA_MERGE,
	UDATA_KEY_TYPEOF,
	UDATA_DATA_TYPEOF,
	UDATA_EXPR,
	UDATA_DATA_INTERVAL,
	UDATA_COMMENT,
};

static uint32_t udata_u32(const struct nlattr *userdata, uint8_t type)
{
	const uint8_t *data;
	uint32_t value = 0;
	uint8_t len;

	if (!userdata)
		return 0;
	data = sal_nft_udata_find(sal_nla_data(userdata), sal_nla_len(userdata), type, &len);
	if (data && len == sizeof(value))
		memcpy(&value, data, sizeof(value));
	return value;
}

/* An integer has the byte order that the set says, every other type its own. */
static const struct sal_nft_type *integer_ordered(struct sal_arena *arena,
						  const struct sal_nft_type *type, uint32_t order)
{
	struct sal_nft_type *own;

	if (type != &sal_nft_types[SAL_NFT_TYPE_INTEGER])
		return type;
	own = sal_arena_dup(arena, type, sizeof(*type));
	own->order = (uint8_t)order;
	return own;
}

/* The key or the data as typeof said it, if its length is the set's. */
static struct sal_nft_expr *typeof_get(struct sal_arena *arena, const struct nlattr *userdata,
				       uint8_t type, uint32_t len)
{
	struct sal_nft_expr *expr;
	const uint8_t *data;
	uint8_t n;

	data = userdata
		       ? sal_nft_udata_find(sal_nla_data(userdata), sal_nla_len(userdata), type, &n)
		       : NULL;
	expr = data ? sal_nft_typeof_read(arena, data, n) : NULL;
	return expr && sal_nft_bytes(expr->len) == len / 8 ? expr : NULL;
}

static struct sal_nft_expr *declared_new(struct sal_arena *arena, const struct sal_nft_type *type,
					 uint32_t order, uint32_t len)
{
	if (order > SAL_NFT_ORDER_BIG)
		order = SAL_NFT_ORDER_NONE;
	if (!type)
		type = &sal_nft_types[SAL_NFT_TYPE_INVALID];
	return sal_nft_value_new(arena, integer_ordered(arena, type, order), order, len, NULL);
}

static uint32_t bits_of(const struct nlattr *bytes)
{
	uint32_t n = sal_nft_u32(bytes);

	return n <= NFT_DATA_VALUE_MAXLEN * 2 ? n * 8 : 0;
}

static const struct sal_nft_type *data_type(struct sal_arena *arena, uint32_t flags,
					    const struct nlattr *type)
{
	if (flags & NFT_SET_OBJECT)
		return &sal_nft_types[SAL_NFT_TYPE_STRING];
	return sal_nft_type_from_kernel(arena, sal_nft_u32(type));
}

void sal_nft_set_decode(struct sal_arena *arena, struct sal_nft_set *set)
{
	const struct nlattr *tb[NFTA_SET_MAX + 1], *userdata;
	bool typed = true;

	sal_nla_index_message(tb, NFTA_SET_MAX, set->message, sizeof(struct nfgenmsg));
	userdata = tb[NFTA_SET_USERDATA];
	if (set->flags & (NFT_SET_MAP | NFT_SET_OBJECT)) {
		uint32_t len = bits_of(tb[NFTA_SET_DATA_LEN]);

		set->data = typeof_get(arena, userdata, UDATA_DATA_TYPEOF, len);
		typed = set->data != NULL;
		if (!set->data)
			set->data = declared_new(
				arena, data_type(arena, set->flags, tb[NFTA_SET_DATA_TYPE]),
				udata_u32(userdata, UDATA_DATA_ORDER), len);
		if (udata_u32(userdata, UDATA_DATA_INTERVAL))
			set->data->flags |= SAL_NFT_INTERVAL;
	}
	if (typed)
		set->key = typeof_get(arena, userdata, UDATA_KEY_TYPEOF,
				      bits_of(tb[NFTA_SET_KEY_LEN]));
	if (!set->key)
		set->key = declared_new(
			arena, sal_nft_type_from_kernel(arena, sal_nft_u32(tb[NFTA_SET_KEY_TYPE])),
			udata_u32(userdata, UDATA_KEY_ORDER), bits_of(tb[NFTA_SET_KEY_LEN]));
}

/* "ipv4_addr", or ["ipv4_addr","inet_service"] for a concatenation */
static void type_write(struct sal_nft_writer *writer, const char *key,
		       const struct sal_nft_type *type)
{
	const char *name = type->name;

	sal_nft_put(writer, key);
	if (type->subtypes > 1)
		sal_nft_put(writer, "[");
	for (;;) {
		size_t len = strcspn(name, " .");

		sal_json_put_string(writer->out, name, len);
		name += len + strspn(name + len, " .");
		if (!*name)
			break;
		sal_nft_put(writer, ",");
	}
	if (type->subtypes > 1)
		sal_nft_put(writer, "]");
}

/* The statements that each element gets. */
static void stmts_write(struct sal_nft_writer *writer, const struct nlattr *one,
			const struct nlattr *list)
{
	const char *before = ",\"stmt\":[{";
	bool begun = false;

	writer->stateless = true;
	if (one) {
		sal_nft_put(writer, before);
		sal_nft_nested_write(writer, one);
		begun = true;
	} else if (list) {
		sal_nla_each_nested(a, list)
		{
			sal_nft_put(writer, begun ? "},{" : before);
			sal_nft_nested_write(writer, a);
			begun = true;
		}
	}
	if (begun)
		sal_nft_put(writer, "}]");
	writer->stateless = false;
}

static void declaration_write(struct sal_nft_writer *writer, const struct sal_nft_set *set,
			      const struct nlattr **tb)
{
	static const struct sal_nft_flag_name names[] = {
		{ NFT_SET_CONSTANT, "constant" },
		{ NFT_SET_INTERVAL, "interval" },
		{ NFT_SET_TIMEOUT, "timeout" },
	};
	const char *comment = sal_nft_udata_string(tb[NFTA_SET_USERDATA], UDATA_COMMENT);
	uint64_t timeout = sal_nft_u64(tb[NFTA_SET_TIMEOUT]);
	uint32_t gc = sal_nft_u32(tb[NFTA_SET_GC_INTERVAL]);

	if (comment)
		sal_nft_put_string(writer, ",\"comment\":", comment);
	if (set->flags & NFT_SET_MAP)
		sal_nft_put_string(writer, ",\"map\":", set->data->type->name);
	else if (set->flags & NFT_SET_OBJECT)
		sal_nft_put_string(writer, ",\"map\":", sal_nft_object_name(set->object));
	if (!(set->flags & NFT_SET_CONSTANT)) {
		if (sal_nft_u32(tb[NFTA_SET_POLICY]) == NFT_SET_POL_MEMORY)
			sal_nft_put_string(writer, ",\"policy\":", "memory");
		if (set->size)
			sal_nft_put_number(writer, ",\"size\":", set->size);
	}
	sal_nft_put_flags(writer, ",\"flags\":", set->flags, names, SAL_ARRAY_LEN(names), true);
	if (timeout)
		sal_nft_put_number(writer, ",\"timeout\":", timeout / 1000);
	if (gc)
		sal_nft_put_number(writer, ",\"gc-interval\":", gc / 1000);
}

void sal_nft_set_write(struct sal_nft_writer *writer, const struct sal_nft_set *set, bool elements)
{
	const struct nlattr *tb[NFTA_SET_MAX + 1];
	struct sal_nft_expr *list = NULL;

	sal_nla_index_message(tb, NFTA_SET_MAX, set->message, sizeof(struct nfgenmsg));
	sal_nft_put_string(writer,
			   set->flags & (NFT_SET_MAP | NFT_SET_OBJECT) ? "{\"map\":{\"family\":"
								       : "{\"set\":{\"family\":",
			   sal_nft_family_name(writer->table->family));
	sal_nft_put_string(writer, ",\"name\":", set->name);
	sal_nft_put_string(writer, ",\"table\":", writer->table->name);
	type_write(writer, ",\"type\":", set->key->type);
	sal_nft_put_number(writer, ",\"handle\":", sal_nft_u64(tb[NFTA_SET_HANDLE]));
	declaration_write(writer, set, tb);
	if (elements)
		list = sal_nft_elements_read(writer->arena, set);
	for (const struct sal_nft_expr *i = list ? list->first : NULL; i; i = i->next)
		sal_nft_put_expr(writer, i == list->first ? ",\"elem\":[" : ",", i);
	if (list && list->first)
		sal_nft_put(writer, "]");
	stmts_write(writer, tb[NFTA_SET_EXPR], tb[NFTA_SET_EXPRESSIONS]);
	sal_nft_put(writer, "}}");
}
