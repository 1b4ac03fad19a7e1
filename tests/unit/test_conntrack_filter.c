/*
 * test_conntrack_filter.c - what net.conntrack asks the kernel for, and that each entry is looked at
 * again: a kernel may ignore any of it and send everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "conntrack_messages.h"
#include "net/conntrack_filter.h"

static struct sal_prefix prefix(const char *text)
{
	struct sal_prefix p;

	assert_true(sal_prefix_parse(text, &p));
	return p;
}

static struct sal_net_conntrack_filter filter_of(const struct sal_net_conntrack_params *params)
{
	struct sal_net_conntrack_filter filter;
	struct sal_error err = { 0 };

	assert_int_equal(sal_net_conntrack_filter_init(&filter, params, &err), 0);
	return filter;
}

/* 10.0.0.1:1000 to 10.0.0.2:80 over TCP, zone 5, mark 0x12, assured; zone and mark as told. */
static bool matches(const struct sal_net_conntrack_params *params, uint8_t proto, bool zone_mark)
{
	struct sal_net_conntrack_filter filter = filter_of(params);
	struct sal_net_conntrack_message opened;
	struct nlmsghdr *message;
	struct message m;
	bool is;

	entry_begin(&m, proto, IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED);
	if (zone_mark) {
		attr_be16(&m, CTA_ZONE, 5);
		attr_be32(&m, CTA_MARK, 0x12);
	}
	message = message_end(&m);
	assert_true(sal_net_conntrack_open(message, &opened));
	is = sal_net_conntrack_filter_matches(&filter, &opened);
	free(message);
	return is;
}

#define PARAMS(...) (&(struct sal_net_conntrack_params){ __VA_ARGS__ })
#define YES(...)    assert_true(matches(PARAMS(__VA_ARGS__), IPPROTO_TCP, true))
#define NO(...)	    assert_false(matches(PARAMS(__VA_ARGS__), IPPROTO_TCP, true))

static void test_checked_again(void **state)
{
	(void)state;
	assert_true(matches(PARAMS(0), IPPROTO_TCP, true));
	YES(.has.zone = 1, .zone = 5);
	NO(.has.zone = 1, .zone = 6);
	NO(.has.zone = 1, .zone = 0);
	assert_true(matches(PARAMS(.has.zone = 1, .zone = 0), IPPROTO_TCP, false));
	YES(.has.family = 1, .family = SAL_FAMILY_INET);
	NO(.has.family = 1, .family = SAL_FAMILY_INET6);
	YES(.has.proto = 1, .proto = "tcp");
	NO(.has.proto = 1, .proto = "udp");
	NO(.has.proto = 1, .proto = "0");
	YES(.has.sport = 1, .sport = 1000);
	NO(.has.sport = 1, .sport = 80);
	YES(.has.dport = 1, .dport = 80);
	NO(.has.dport = 1, .dport = 1000);
	NO(.has.dport = 1, .dport = 0);
	assert_false(matches(PARAMS(.has.dport = 1, .dport = 80), IPPROTO_GRE, true));
	YES(.has.src = 1, .src = prefix("10.0.0.1"));
	NO(.has.src = 1, .src = prefix("10.0.0.2"));
	YES(.has.dst = 1, .dst = prefix("10.0.0.3/31"));
	NO(.has.dst = 1, .dst = prefix("10.0.0.0/31"));
	NO(.has.dst = 1, .dst = prefix("10.0.0.3"));
	YES(.has.src = 1, .src = prefix("default"));
	YES(.has.src = 1, .src = prefix("0.0.0.0/0"));
	NO(.has.src = 1, .src = prefix("::/0"));
	NO(.has.src = 1, .src = prefix("10.0.0.1"), .has.dst = 1, .dst = prefix("::1"));
	NO(.has.src = 1, .src = prefix("::a00:1"));
}

static void test_marks(void **state)
{
	(void)state;
	YES(.has.mark = 1, .mark = "18");
	YES(.has.mark = 1, .mark = "0x12/0xffffffff");
	YES(.has.mark = 1, .mark = "2/0XF");
	YES(.has.mark = 1, .mark = "0/0");
	NO(.has.mark = 1, .mark = "0");
	NO(.has.mark = 1, .mark = "1/0xf");
	NO(.has.mark = 1, .mark = "18/2"); /* bits that the mask leaves out are never there */
	NO(.has.mark = 1, .mark = "1/0");
	/* a kernel without marks sends none: it is 0 */
	assert_true(matches(PARAMS(.has.mark = 1, .mark = "0"), IPPROTO_TCP, false));
}

static void test_words_of_status(void **state)
{
	static const char *const assured[] = { "ASSURED", "SEEN_REPLY" },
				 *unreplied[] = { "UNREPLIED" },
				 *const mixed[] = { "ASSURED", "DYING" };

	(void)state;
	YES(.has.status = 1, .status = { assured, 2 });
	YES(.has.status = 1, .status = { NULL, 0 });
	NO(.has.status = 1, .status = { unreplied, 1 });
	NO(.has.status = 1, .status = { mixed, 2 });
}

/* The attributes of a request for these parameters. */
static bool request_index(const struct sal_net_conntrack_params *params,
			  struct sal_nl_request *request, const struct nlattr **tb)
{
	struct sal_net_conntrack_filter filter = filter_of(params);
	bool narrowed;

	sal_nfnl_begin(request, SAL_NFNL_TYPE(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET), 0,
		       filter.family, 0);
	narrowed = sal_net_conntrack_filter_put(&filter, request);
	sal_nfnl_index(tb, CTA_MAX, &request->header);
	return narrowed;
}

static void test_asked_of_the_kernel(void **state)
{
	static const char *const words[] = { "ASSURED", "UNREPLIED" };
	const struct nlattr *tb[CTA_MAX + 1], *inner[CTA_TUPLE_MAX + 1], *flags[CTA_FILTER_MAX + 1];
	struct sal_nl_request request;

	(void)state;
	assert_false(request_index(PARAMS(0), &request, tb));
	assert_false(request_index(PARAMS(.has.zone = 1), &request, tb));
	assert_true(request_index(PARAMS(.has.zone = 1, .zone = 258, .has.mark = 1, .mark = "1/3",
					 .has.status = 1, .status = { words, 2 }),
				  &request, tb));
	assert_int_equal(sal_nfnl_be16(tb[CTA_ZONE]), 258);
	assert_int_equal(sal_nfnl_be32(tb[CTA_MARK]), 1);
	assert_int_equal(sal_nfnl_be32(tb[CTA_MARK_MASK]), 3);
	assert_int_equal(sal_nfnl_be32(tb[CTA_STATUS]), IPS_ASSURED);
	assert_int_equal(sal_nfnl_be32(tb[CTA_STATUS_MASK]), IPS_ASSURED | IPS_SEEN_REPLY);
	assert_null(tb[CTA_FILTER]);
	/* a protocol alone is not enough: the kernel wants the family of a tuple */
	assert_false(request_index(PARAMS(.has.proto = 1, .proto = "tcp"), &request, tb));
	assert_true(request_index(PARAMS(.has.proto = 1, .proto = "tcp", .has.src = 1,
					 .src = prefix("10.0.0.1"), .has.dst = 1,
					 .dst = prefix("10.0.0.0/8"), .has.dport = 1, .dport = 80),
				  &request, tb));
	assert_int_equal(((const struct nfgenmsg *)NLMSG_DATA(&request.header))->nfgen_family,
			 AF_INET);
	sal_nla_index_nested(flags, CTA_FILTER_MAX, tb[CTA_FILTER]);
	assert_int_equal(sal_nla_u32(flags[CTA_FILTER_ORIG_FLAGS]), 1 << 0 | 1 << 3 | 1 << 5);
	sal_nla_index_nested(inner, CTA_TUPLE_MAX, tb[CTA_TUPLE_ORIG]);
	assert_int_equal(sal_nla_len(inner[CTA_TUPLE_IP]), 8); /* the source, not the prefix */
	assert_int_equal(sal_nla_len(inner[CTA_TUPLE_PROTO]), 16);
	/* never an IPv6 address */
	assert_false(
		request_index(PARAMS(.has.src = 1, .src = prefix("2001:db8::1")), &request, tb));
	assert_false(request_index(PARAMS(.has.family = 1, .family = SAL_FAMILY_INET6, .has.src = 1,
					  .src = prefix("10.0.0.1")),
				   &request, tb));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checked_again),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_words_of_status),
		cmocka_unit_test(test_asked_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
