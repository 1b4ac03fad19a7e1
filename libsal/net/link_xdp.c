/*
 * link_xdp.c - XDP programs at a link, as net.interfaces shows them.
 *
 * Only links that have one cost anything: what the program is called is asked by bpf(2), which
 * takes CAP_SYS_ADMIN; without it the id is all that is shown. Source: linux/bpf.h,
 * linux/if_link.h.
 */
#include "net/link.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool program_ask(uint32_t id, struct bpf_prog_info *ret_info)
{
	union bpf_attr attr = { .prog_id = id };
	SAL_CLEANUP(sal_close_fd)
	int fd = syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

	if (fd < 0)
		return false;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*ret_info);
	attr.info.info = (uintptr_t)ret_info;
	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == 0;
}

static const struct sal_bpf_program *program_get(struct sal_arena *arena, uint32_t id)
{
	struct sal_bpf_program *program = sal_arena_zalloc(arena, sizeof(*program));
	struct bpf_prog_info info = { 0 };
	char tag[2 * sizeof(info.tag) + 1];

	program->id = id;
	if (!program_ask(id, &info))
		return program;
	for (size_t i = 0; i < sizeof(info.tag); i++)
		snprintf(tag + 2 * i, 3, "%02x", info.tag[i]);
	sal_set(program, name, sal_arena_strndup(arena, info.name, sizeof(info.name)));
	sal_set(program, tag, sal_arena_strdup(arena, tag));
	sal_set(program, jited, info.jited_prog_len != 0);
	if (info.load_time) {
		sal_set(program, load_time, info.load_time);
		sal_set(program, created_by_uid, info.created_by_uid);
	}
	if (info.btf_id)
		sal_set(program, btf_id, info.btf_id);
	return program;
}

const struct sal_link_xdp *sal_net_link_xdp(struct sal_arena *arena, const struct nlattr *xdp)
{
	static const struct {
		uint16_t attr;
		uint8_t mode;
	} ways[] = {
		{ IFLA_XDP_SKB_PROG_ID, XDP_ATTACHED_SKB },
		{ IFLA_XDP_DRV_PROG_ID, XDP_ATTACHED_DRV },
		{ IFLA_XDP_HW_PROG_ID, XDP_ATTACHED_HW },
	};
	const struct nlattr *tb[IFLA_XDP_MAX + 1];
	struct sal_link_xdp_attached *items;
	struct sal_link_xdp *x;
	size_t n = 0;

	sal_nla_index_nested(tb, IFLA_XDP_MAX, xdp);
	if (!tb[IFLA_XDP_ATTACHED] || sal_nla_u8(tb[IFLA_XDP_ATTACHED]) == XDP_ATTACHED_NONE)
		return NULL;
	x = sal_arena_zalloc(arena, sizeof(*x));
	items = sal_arena_array(arena, SAL_ARRAY_LEN(ways), sizeof(*items));
	x->mode = sal_nla_u8(tb[IFLA_XDP_ATTACHED]);
	if (tb[IFLA_XDP_PROG_ID] && sal_nla_u32(tb[IFLA_XDP_PROG_ID]))
		sal_set(x, prog, program_get(arena, sal_nla_u32(tb[IFLA_XDP_PROG_ID])));
	for (size_t i = 0; i < SAL_ARRAY_LEN(ways); i++) {
		if (!tb[ways[i].attr])
			continue;
		items[n].mode = ways[i].mode;
		items[n++].prog = program_get(arena, sal_nla_u32(tb[ways[i].attr]));
	}
	if (!n && x->has.prog) /* kernels before 4.19 */
		items[n++] = (struct sal_link_xdp_attached){ .mode = x->mode, .prog = x->prog };
	x->attached = (struct sal_link_xdp_attached_array){ items, n };
	return x;
}
