/* nfnl.c - requests and refusals of nfnetlink. See nfnl.h. */
#include "kernel/nfnl.h"

#include <errno.h>

void sal_nfnl_begin(struct sal_nl_request *request, uint16_t type, uint16_t flags, uint8_t family,
		    uint16_t res_id)
{
	struct nfgenmsg *header = sal_nl_begin(request, type, flags, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	header->res_id = htobe16(res_id);
}

int sal_nfnl_missing(struct sal_error *err, const char *what, const char *module)
{
	int r = sal_fail(err, SAL_UNSUPPORTED, "this kernel has no %s over netlink", what);

	sal_error_subject(err, "kernel module %s", module);
	sal_error_hint(err, "load the kernel module %s", module);
	return r;
}
