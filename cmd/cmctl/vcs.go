package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
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
	return printRows(a, rows,
		[]string{"HANDLE", "LINK", "VPI/VCI", "STATE", "CALL", "DIRECTION", "CONTRACT", "SENT", "RECEIVED", "OWNER"},
		func(r vcRow) []string {
			direction := "outgoing"
			if r.Incoming {
				direction = "incoming"
			}
			if r.Permanent {
				direction += " PVC"
			}
			return []string{
				r.Handle, r.Link, channel(r.Link, r.VPI, r.VCI), r.State, r.CallState, direction, text[r.Handle],
				fmt.Sprint(r.Counters["tx_sdus"]), fmt.Sprint(r.Counters["rx_sdus"]), fmt.Sprintf("%s (%d)", r.Owner, r.PID),
			}
		})
}

// newVCRow converts a VC.
func newVCRow(v *cmdpb.VC) vcRow {
	return vcRow{
		Handle: handle(v.GetHandle()), Link: v.GetLink(), VPI: v.GetVpi(), VCI: v.GetVci(), State: v.GetState(),
		CallState: v.GetCallState(), Owner: v.GetOwner(), PID: v.GetPid(), UID: v.GetUid(), Incoming: v.GetIncoming(), Permanent: v.GetParameters().GetPermanent(),
		Called: v.GetParameters().GetCalled(), Calling: v.GetParameters().GetCalling(),
		Contract: newContractRow(v.GetParameters().GetContract()), Counters: counters(v.GetCounters()),
	}
}
