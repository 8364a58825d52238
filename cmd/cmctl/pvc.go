package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/cmd/cmctl/table"
	"callmanager/vc"
)

// pvcCommand groups the verbs of permanent VCs.
func pvcCommand(a *app) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "pvc",
		Short: "Permanent VCs: list, add, delete",
		Long: `Permanent VCs have no signalling: the operators of both ends agree on VPI/VCI and contract. Those
of the configuration ([[pvc]]) are there from the start; those that add adds are gone with the
daemon. Who wants to use one says "cmctl call --pvc VPI/VCI", or "cmctl call --permanent DEST" for one
with a destination, or registers a SAP with the PVC's selector ("cmctl listen --sel").`,
	})
	cmd.AddCommand(pvcListCommand(a), pvcAddCommand(a), pvcDeleteCommand(a))
	return cmd
}

// pvcRow is a PVC for JSON.
type pvcRow struct {
	Link        string            `json:"link"`
	VPI         uint32            `json:"vpi"`
	VCI         uint32            `json:"vci"`
	Name        string            `json:"name"`
	State       string            `json:"state"`
	Reason      string            `json:"reason"` // why it is down or refused
	Destination string            `json:"destination"`
	Selector    string            `json:"selector"` // empty: offered to nobody
	BHLI        string            `json:"bhli"`
	BLLI        string            `json:"blli"`
	Contract    contractRow       `json:"contract"` // forward is sent
	Reserved    uint64            `json:"reserved"`
	VC          string            `json:"vc"`
	Owner       string            `json:"owner"`
	PID         uint32            `json:"pid"`
	UID         uint32            `json:"uid"`
	Opened      uint64            `json:"opened"`
	Counters    map[string]uint64 `json:"counters"`
}

// pvcListCommand lists the PVCs.
func pvcListCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "list",
		Short: "List the PVCs: channel, state, contract, user and traffic",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.query(cmd, a.pvcs) },
	})
}

// pvcs asks and prints.
func (a *app) pvcs(ctx context.Context, c *client.Conn) error {
	list, err := c.PVCs(ctx)
	if err != nil {
		return err
	}
	rows := make([]pvcRow, len(list))
	text := make([]string, len(list))
	for i, p := range list {
		rows[i], text[i] = newPVCRow(p), contractText(p.GetContract())
	}
	if a.json {
		return a.printJSON(rows)
	}
	t := table.New(a.out, "LINK", "VPI/VCI", "NAME", "STATE", "CONTRACT", "DESTINATION", "SELECTOR", "SENT", "RECEIVED", "USER", "REASON")
	for i, r := range rows {
		user := ""
		if r.VC != "" {
			user = fmt.Sprintf("%s (%d)", r.Owner, r.PID)
		}
		t.Row(r.Link, channel(r.Link, r.VPI, r.VCI), r.Name, r.State, text[i], r.Destination, r.Selector,
			fmt.Sprint(r.Counters["tx_sdus"]), fmt.Sprint(r.Counters["rx_sdus"]), user, r.Reason)
	}
	return t.Flush()
}

// newPVCRow converts a PVC.
func newPVCRow(p *cmdpb.PVC) pvcRow {
	c := p.GetConfig()
	r := pvcRow{
		Link: c.GetLink(), VPI: c.GetVpi(), VCI: c.GetVci(), Name: c.GetName(), State: p.GetState(), Reason: p.GetReason(),
		Destination: c.GetDestination(), BHLI: hex.EncodeToString(c.GetBhli()), BLLI: hex.EncodeToString(c.GetBlli()),
		Contract: newContractRow(p.GetContract()), Reserved: p.GetReserved(), VC: handle(p.GetVc()), Owner: p.GetOwner(),
		PID: p.GetPid(), UID: p.GetUid(), Opened: p.GetOpened(), Counters: counters(p.GetCounters()),
	}
	if c.Selector != nil {
		r.Selector = fmt.Sprintf("%02x", c.GetSelector())
	}
	return r
}

// pvcFlags are the flags of pvc add.
type pvcFlags struct {
	name, to, sel, category string
	bhli, blli              []byte
	pcr, receivePCR, scr    string
	mbs                     uint32
	maxSDU, receiveMaxSDU   uint16
}

// pvcAddCommand adds a PVC.
func pvcAddCommand(a *app) *cobra.Command {
	var p pvcFlags
	cmd := &cobra.Command{
		Use:   "add LINK VPI/VCI",
		Short: "Add a PVC until the daemon ends (root or group cmd-admin)",
		Long: `Add a permanent VC to a link. Without a rate it is best effort at the link's capacity; with one
it reserves that, and is refused where there is no room. The peer needs the same one.`,
		Args: args(cobra.ExactArgs(2)),
		ValidArgsFunction: func(cmd *cobra.Command, argv []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(argv) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.complete(cmd, a.linkNames)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			config, err := p.config(argv[0], argv[1])
			if err != nil {
				return err
			}
			return a.query(cmd, func(ctx context.Context, c *client.Conn) error { return c.AddPVC(ctx, config) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.name, "name", "", "what the list calls it")
	f.StringVar(&p.to, "to", "", "the `address` or host that it leads to, by which calls find it")
	f.StringVar(&p.sel, "sel", "", "offer it to SAPs for this selector, one or two hexadecimal `digits` (default: to nobody)")
	f.BytesHexVar(&p.bhli, "bhli", nil, "what it carries: contents of the B-HLI element, in `hexadecimal`")
	f.BytesHexVar(&p.blli, "blli", nil, "what it carries: contents of a B-LLI element, in `hexadecimal`")
	f.StringVar(&p.category, "category", "", "service `category`: CBR, rt-VBR, nrt-VBR or UBR (default: CBR with a rate, UBR without)")
	f.StringVar(&p.pcr, "pcr", "", "peak `rate` both ways, such as 200Mbit/s")
	f.StringVar(&p.receivePCR, "receive-pcr", "", "peak `rate` of what comes (default: that of --pcr)")
	f.StringVar(&p.scr, "scr", "", "sustainable `rate` both ways, of VBR")
	f.Uint32Var(&p.mbs, "mbs", 0, "maximum burst size in `cells` both ways, of VBR")
	f.Uint16Var(&p.maxSDU, "max-sdu", 0, "largest SDU in `octets` both ways (default: what one frame of the link carries)")
	f.Uint16Var(&p.receiveMaxSDU, "receive-max-sdu", 0, "largest SDU that comes, in `octets` (default: that of --max-sdu)")
	return cmd
}

// config checks the flags and returns the PVC.
func (p *pvcFlags) config(link, at string) (*cmdpb.PVCConfig, error) {
	ch, err := parsePVC(at)
	if err != nil {
		return nil, err
	}
	contract, err := p.contract()
	if err != nil {
		return nil, err
	}
	sel, err := parseSelector(p.sel)
	if err != nil {
		return nil, err
	}
	config := &cmdpb.PVCConfig{
		Link: link, Vpi: uint32(ch.VPI), Vci: uint32(ch.VCI), Name: p.name, Destination: p.to, Bhli: p.bhli, Blli: p.blli, Contract: contract,
	}
	if sel != nil {
		selector := uint32(*sel)
		config.Selector = &selector
	}
	return config, nil
}

// contract returns the contract that the flags describe.
func (p *pvcFlags) contract() (*cmdpb.Contract, error) {
	send := &cmdpb.Flow{Mbs: p.mbs, MaxSdu: uint32(p.maxSDU)}
	receive := &cmdpb.Flow{Mbs: p.mbs, MaxSdu: uint32(cmp.Or(p.receiveMaxSDU, p.maxSDU))}
	for _, r := range []struct {
		flag, text string
		into       []*uint32
	}{
		{"--pcr", p.pcr, []*uint32{&send.Pcr}},
		{"--receive-pcr", cmp.Or(p.receivePCR, p.pcr), []*uint32{&receive.Pcr}},
		{"--scr", p.scr, []*uint32{&send.Scr, &receive.Scr}},
	} {
		if r.text == "" {
			continue
		}
		rate, err := cellRate(r.flag, r.text)
		if err != nil {
			return nil, err
		}
		for _, into := range r.into {
			*into = rate
		}
	}
	c := &cmdpb.Contract{Forward: send, Backward: receive}
	if p.category == "" && send.Pcr+receive.Pcr > 0 {
		c.Category = cmdpb.Category_CBR
	}
	for category := vc.CBR; p.category != "" && category <= vc.UBR; category++ {
		if strings.EqualFold(p.category, category.String()) {
			c.Category = cmdpb.Category(category)
		}
	}
	if p.category != "" && c.Category == cmdpb.Category_CATEGORY_UNSPECIFIED {
		return nil, fmt.Errorf("--category %q: want CBR, rt-VBR, nrt-VBR or UBR: %w", p.category, errUsage)
	}
	return c, nil
}

// pvcDeleteCommand deletes a PVC.
func pvcDeleteCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete [LINK:]VPI/VCI",
		Short: "Delete a PVC, whoever uses it (root or group cmd-admin)",
		Args:  args(cobra.ExactArgs(1)),
		ValidArgsFunction: func(cmd *cobra.Command, argv []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(argv) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.complete(cmd, a.pvcChannels)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			ch, err := parsePVC(argv[0])
			if err != nil {
				return err
			}
			return a.query(cmd, func(ctx context.Context, c *client.Conn) error { return c.DeletePVC(ctx, ch) })
		},
	}
}

// parsePVC reads VPI/VCI, with the name of a link and a colon before it where there may be one.
func parsePVC(s string) (client.Channel, error) {
	at := s
	var ch client.Channel
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		ch.Link, at = s[:i], s[i+1:]
	}
	p, q, ok := strings.Cut(at, "/")
	vpi, errP := strconv.ParseUint(p, 10, 8)
	vci, errQ := strconv.ParseUint(q, 10, 16)
	ch.VPI, ch.VCI = uint8(vpi), uint16(vci)
	if !ok || errP != nil || errQ != nil || !(vc.ID{VPI: vc.VPI(ch.VPI), VCI: vc.VCI(ch.VCI)}).Callable() {
		return ch, fmt.Errorf("%q is no VPI/VCI of a PVC, such as 0/100: VPIs are 0 to %d, VCIs %d to 65535: %w", at, vc.MaxVPI, vc.MinCallVCI, errUsage)
	}
	return ch, nil
}

// pvcChannels are the PVCs, for delete and for call.
func (a *app) pvcChannels(ctx context.Context, c *client.Conn) ([]string, error) {
	list, err := c.PVCs(ctx)
	var found []string
	for _, p := range list {
		r := newPVCRow(p)
		found = append(found, fmt.Sprintf("%s:%d/%d\t%s", r.Link, r.VPI, r.VCI, strings.TrimSpace(r.Name+" "+r.State)))
	}
	return found, err
}
