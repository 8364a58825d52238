package simnet

import (
	"math/rand/v2"
	"slices"

	"callmanager/signalling/cm"
	"callmanager/vc"
)

// actAdminModify modifies any call of the host, mostly one that is up.
func actAdminModify(c *client, r *rand.Rand) bool {
	rows, _ := c.h.cm.VCs(0, 1000)
	up := slices.DeleteFunc(slices.Clone(rows), func(v cm.VCRow) bool { return v.CallState != vc.Connected || v.Incoming })
	if len(up) > 0 && r.IntN(8) > 0 {
		rows = up
	}
	if !c.open() || len(rows) == 0 {
		return false
	}
	v := rows[r.IntN(len(rows))]
	next := drawRates(r, v.Parameters.Contract)
	c.ask(cm.AdminModify{VC: v.Handle, Contract: next, Fallback: fallbackOf(r, &next)})
	return true
}

// agreedOn returns a VC of the host as its owner's contract knows it, or nil, and whether the owner is there.
func (h *host) agreedOn(v vc.Handle) (a *agreed, there bool) {
	for _, c := range h.clients {
		if a := c.contract.vcs[v]; a != nil {
			return a, !c.contract.gone
		}
	}
	return nil, false
}

// adminModifyReply checks the answer to AdminModify.
func (k *contract) adminModifyReply(r cm.AdminModify, ev cm.Reply) {
	k.wantPending(ev, true)
	if ev.Status != cm.Pending {
		return
	}
	v, there := k.c.h.agreedOn(r.VC)
	switch {
	case v == nil || !there || v.incoming || v.multipoint || v.state != vc.Connected || v.modifies:
		k.bad("3.2", "AdminModify of %s, which is %+v, pends", r.VC, v)
		return
	case !k.c.admin && k.vcs[r.VC] == nil:
		k.bad("NOT_PERMITTED", "AdminModify of %s, which is another's, pends", r.VC)
	}
	v.byAdmin = true
}

// adminModified checks the completion of AdminModify: by then the owner knows what it has led to.
func (k *contract) adminModified(r cm.AdminModify, ev cm.ModifyCallQoSComplete) {
	if !completes[cm.AdminModify](k, ev.Request, ev.Status) {
		return
	}
	v, there := k.c.h.agreedOn(ev.VC)
	switch {
	case ev.Parameters.Contract.Validate() != nil || (ev.Status == cm.Success) != (ev.Cause.Value == 0):
		k.bad("INV-44", "%+v", ev)
	case ev.Status == cm.Success && there && v.byAdmin:
		k.bad("INV-53", "AdminModify of %s is complete, and its owner has not been told", ev.VC)
	case ev.Status == cm.Success && !ev.Changed && changed(&r.Contract, &ev.Parameters.Contract):
		k.bad("INV-29", "asked for %+v, got %+v, and nothing says so", r.Contract, ev.Parameters.Contract)
	}
	if v != nil {
		v.byAdmin = false
	}
}
