package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/cmd/cmctl/table"
)

// vcRow is a VC for JSON.
type vcRow struct {
	Handle    string            `json:"handle"`
	Link      string            `json:"link"`
	VPI       uint32            `json:"vpi"`
	VCI       uint32            `json:"vci"`
	State     string            `json:"state"`
	CallState string            `json:"call_state"`
	Owner     string            `json:"owner"`
	PID       uint32            `json:"pid"`
	UID       uint32            `json:"uid"`
	Incoming  bool              `json:"incoming"`
	Permanent bool              `json:"permanent"`
	Called    string            `json:"called"`
	Calling   string            `json:"calling"`
	Contract  contractRow       `json:"contract"`
	Counters  map[string]uint64 `json:"counters"`
	// Branches are all of a point-to-multipoint call's, else one.
	Branches []branchRow `json:"branches"`
}

// branchRow is a branch of a call for JSON.
type branchRow struct {
	Link     string            `json:"link"`
	VPI      uint32            `json:"vpi"`
	VCI      uint32            `json:"vci"`
	Parties  uint32            `json:"parties"`
	Opening  bool              `json:"opening"`
	Counters map[string]uint64 `json:"counters"`
}

// vcsCommand lists the VCs.
func vcsCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "vcs",
		Short: "List the VCs: channel, owner, state, contract and traffic",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.query(cmd, a.vcs)
		},
	})
}

// vcs asks and prints.
func (a *app) vcs(ctx context.Context, c *client.Conn) error {
	list, err := c.VCs(ctx)
	if err != nil {
		return err
	}
	rows := make([]vcRow, len(list))
	text := make(map[string]string, len(list))
	for i, v := range list {
		rows[i] = newVCRow(v)
		text[rows[i].Handle] = contractText(v.GetParameters().GetContract())
	}
	if a.json {
		return a.printJSON(rows)
	}
	t := table.New(a.out, "HANDLE", "LINK", "VPI/VCI", "STATE", "CALL", "DIRECTION", "CONTRACT", "SENT", "RECEIVED", "OWNER")
	for i := range rows {
		r := &rows[i]
		t.Row(
			r.Handle, r.Link, channel(r.Link, r.VPI, r.VCI), r.State, r.CallState, r.direction(), text[r.Handle],
			fmt.Sprint(r.Counters["tx_sdus"]), fmt.Sprint(r.Counters["rx_sdus"]), fmt.Sprintf("%s (%d)", r.Owner, r.PID),
		)
		if len(r.Branches) > 1 {
			for _, b := range r.Branches {
				t.Row(b.cells()...)
			}
		}
	}
	return t.Flush()
}

// direction says who has made the call, and whether it is one on a PVC.
func (r *vcRow) direction() string {
	direction := "outgoing"
	if r.Incoming {
		direction = "incoming"
	}
	if r.Permanent {
		direction += " PVC"
	}
	return direction
}

// cells is the line of a branch below its VC.
func (b *branchRow) cells() []string {
	state, parties := "open", fmt.Sprintf("%d parties", b.Parties)
	if b.Opening {
		state = "opening"
	}
	if b.Parties == 1 {
		parties = "1 party"
	}
	return []string{
		"- branch", b.Link, channel(b.Link, b.VPI, b.VCI), state, "", parties, fmt.Sprintf("%d dropped", b.Counters["tx_dropped"]),
		fmt.Sprint(b.Counters["tx_sdus"]), "", "",
	}
}

// newVCRow converts a VC.
func newVCRow(v *cmdpb.VC) vcRow {
	r := vcRow{
		Branches: make([]branchRow, 0, len(v.GetBranches())),
		Handle:   handle(v.GetHandle()), Link: v.GetLink(), VPI: v.GetVpi(), VCI: v.GetVci(), State: v.GetState(),
		CallState: v.GetCallState(), Owner: v.GetOwner(), PID: v.GetPid(), UID: v.GetUid(), Incoming: v.GetIncoming(), Permanent: v.GetParameters().GetPermanent(),
		Called: v.GetParameters().GetCalled(), Calling: v.GetParameters().GetCalling(),
		Contract: newContractRow(v.GetParameters().GetContract()), Counters: counters(v.GetCounters()),
	}
	for _, b := range v.GetBranches() {
		c := b.GetChannel()
		r.Branches = append(r.Branches, branchRow{
			Link: c.GetLink(), VPI: c.GetVpi(), VCI: c.GetVci(), Parties: b.GetParties(), Opening: b.GetOpening(), Counters: counters(b.GetCounters()),
		})
	}
	return r
}
