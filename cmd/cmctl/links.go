package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// linkRow is a link for JSON.
type linkRow struct {
	Name            string            `json:"name"`
	Interface       string            `json:"interface"`
	Peer            string            `json:"peer"`
	Role            string            `json:"role"`
	Profile         string            `json:"profile"`
	Mode            string            `json:"mode"`
	State           string            `json:"state"`
	LastError       string            `json:"last_error"`
	Address         string            `json:"address"`
	MAC             string            `json:"mac"`
	Capacity        uint64            `json:"capacity"` // wire bit/s
	Reserved        uint64            `json:"reserved"` // wire bit/s
	Free            uint64            `json:"free"`     // wire bit/s
	MaxSDU          uint32            `json:"max_sdu"`
	Calls           uint32            `json:"calls"`
	ReceiveBufferMS uint32            `json:"receive_buffer_ms"`
	Prefixes        []string          `json:"prefixes"`
	Counters        map[string]uint64 `json:"counters"`
}

// linksCommand lists the links.
func linksCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "links",
		Short: "List the links: peers, state, capacity, what of it is reserved and free",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.query(cmd, a.links)
		},
	})
}

// links asks and prints.
func (a *app) links(ctx context.Context, c *client.Conn) error {
	links, err := c.Links(ctx)
	if err != nil {
		return err
	}
	rows := make([]linkRow, len(links))
	for i, l := range links {
		rows[i] = newLinkRow(l)
	}
	return printRows(a, rows,
		[]string{"NAME", "INTERFACE", "PEER", "ROLE", "PROFILE", "MODE", "STATE", "CAPACITY", "RESERVED", "FREE", "MAX-SDU", "CALLS", "BUFFER", "LAST ERROR"},
		func(r linkRow) []string {
			return []string{
				r.Name, r.Interface, r.Peer, r.Role, r.Profile, r.Mode, r.State, vc.BitRate(r.Capacity).String(),
				vc.BitRate(r.Reserved).String(), vc.BitRate(r.Free).String(), fmt.Sprint(r.MaxSDU), fmt.Sprint(r.Calls),
				fmt.Sprintf("%d ms", r.ReceiveBufferMS), r.LastError,
			}
		})
}

// newLinkRow converts a link.
func newLinkRow(l *cmdpb.Link) linkRow {
	return linkRow{
		Name: l.GetName(), Interface: l.GetInterface(), Peer: l.GetPeer(), Role: l.GetRole(), Profile: l.GetProfile(), Mode: l.GetMode(),
		State: l.GetState(), LastError: l.GetLastError(), Address: l.GetAddress(), MAC: l.GetMac(),
		Capacity: l.GetCapacity(), Reserved: l.GetReserved(), Free: l.GetCapacity() - min(l.GetCapacity(), l.GetReserved()), MaxSDU: l.GetMaxSdu(), Calls: l.GetCalls(),
		ReceiveBufferMS: l.GetReceiveBufferMs(), Prefixes: append([]string{}, l.GetPrefixes()...),
		Counters: counters(l.GetCounters()),
	}
}
