package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// modifyRow is the outcome of a modification for JSON.
type modifyRow struct {
	VC       string `json:"vc"`
	Modified bool   `json:"modified"`
	// Changed tells that the contract is not the one asked for, but one that was acceptable.
	Changed bool   `json:"changed"`
	Status  string `json:"status"`
	Detail  string `json:"detail"` // why not
	Cause   uint8  `json:"cause"`
	// Contract is the one in force; null where the daemon has not told.
	Contract *contractRow `json:"contract"`
}

// modifyFlags are what a modification asks for, each value for one direction or both.
type modifyFlags struct {
	pcr, scr, mbs, minPCR string
}

// modifyCommand modifies anybody's call.
func modifyCommand(a *app) *cobra.Command {
	var o modifyFlags
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "modify HANDLE",
		Short: "Change the rates of the call on a VC, whoever owns it (root or group cmd-admin)",
		Long: `Modify asks the other side for other rates of an active call that this side has made, by MODIFY
REQUEST (Q.2963.1, Q.2963.2). The call carries data all the while: by the old rates until the other side
agrees, and after a refusal. Its owner is told of the new ones. A side that was called, a call with parties
and a link of UNI 3.x have no modification.

Each value is for both directions; two with a comma between are for the forward and the backward one
(as the caller sees them), and an empty one leaves its direction as it is: --pcr 20Mbit/s,5Mbit/s or
--pcr ,5Mbit/s. What is not named stays.`,
		Args: args(cobra.ExactArgs(1)),
		ValidArgsFunction: func(cmd *cobra.Command, argv []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(argv) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.complete(cmd, a.modifiableHandles)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			h, err := vc.ParseHandle(argv[0])
			if err != nil {
				return fmt.Errorf("%w: %w", err, errUsage)
			}
			want, err := o.options()
			if err != nil {
				return err
			}
			c, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			return a.modify(cmd.Context(), c, h, want)
		},
	})
	f := cmd.Flags()
	f.StringVar(&o.pcr, "pcr", "", "the peak `rate`, such as 200Mbit/s")
	f.StringVar(&o.scr, "scr", "", "the sustainable `rate` of a VBR call")
	f.StringVar(&o.mbs, "mbs", "", "the maximum burst size of a VBR call, in `cells`")
	f.StringVar(&o.minPCR, "min-pcr", "", "take less than --pcr if there is no room, but at least this `rate`")
	for _, name := range []string{"pcr", "scr", "mbs", "min-pcr"} {
		completeWords(cmd, name)
	}
	return cmd
}

// options checks the flags and returns what they ask for.
func (o *modifyFlags) options() (want client.ModifyOptions, err error) {
	forward, backward := &cmdpb.Flow{}, &cmdpb.Flow{}
	low := &cmdpb.PeakRates{}
	for _, f := range []struct {
		name, text        string
		read              func(flag, text string) (uint32, error)
		forward, backward *uint32
	}{
		{"--pcr", o.pcr, cellRate, &forward.Pcr, &backward.Pcr},
		{"--scr", o.scr, cellRate, &forward.Scr, &backward.Scr},
		{"--mbs", o.mbs, cells, &forward.Mbs, &backward.Mbs},
		{"--min-pcr", o.minPCR, cellRate, &low.Forward, &low.Backward},
	} {
		if *f.forward, *f.backward, err = bothWays(f.name, f.text, f.read); err != nil {
			return want, err
		}
	}
	switch {
	case o.pcr == "" && o.scr == "" && o.mbs == "":
		return want, fmt.Errorf("modify: nothing to change: want --pcr, --scr or --mbs: %w", errUsage)
	case low.Forward > 0 && forward.Pcr == 0, low.Backward > 0 && backward.Pcr == 0:
		return want, fmt.Errorf("--min-pcr %s: it is for a direction whose rate --pcr names: %w", o.minPCR, errUsage)
	case low.Forward > forward.Pcr, low.Backward > backward.Pcr:
		return want, fmt.Errorf("--min-pcr %s: it is above --pcr %s: %w", o.minPCR, o.pcr, errUsage)
	case o.minPCR != "":
		want.Minimum = low
	}
	want.Contract = &cmdpb.Contract{Forward: forward, Backward: backward}
	return want, nil
}

// bothWays reads a value for both directions, or one for each. One that is not given is 0.
func bothWays(flag, text string, read func(flag, text string) (uint32, error)) (forward, backward uint32, err error) {
	if text == "" {
		return 0, 0, nil
	}
	first, second, two := strings.Cut(text, ",")
	if !two {
		second = first
	}
	if two && first == "" && second == "" {
		return 0, 0, fmt.Errorf("%s %q: want a value for a direction at least: %w", flag, text, errUsage)
	}
	if first != "" {
		if forward, err = read(flag, first); err != nil {
			return 0, 0, err
		}
	}
	if second != "" {
		backward, err = read(flag, second)
	}
	return forward, backward, err
}

// cells reads a number of cells of a flag, as the descriptor holds it (Q.2931 clause 4.5.6).
func cells(flag, text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 || n > uint64(vc.MaxCellRate) {
		return 0, fmt.Errorf("%s %q: want a number of cells, 1 to %d: %w", flag, text, vc.MaxCellRate, errUsage)
	}
	return uint32(n), nil
}

// modify asks, waits and prints. The outcome is printed for scripts also when the other side has refused.
func (a *app) modify(ctx context.Context, c *client.Conn, h vc.Handle, want client.ModifyOptions) error {
	stop := a.slow("the other side of " + h.String() + " has not answered MODIFY REQUEST yet")
	p, err := c.ModifyOther(ctx, uint64(h), want)
	stop()
	e, refused := errors.AsType[*client.Error](err)
	if err != nil {
		err = fmt.Errorf("modify %s: %w", h, callError(err))
	}
	switch {
	case a.json && (err == nil || refused):
		return errors.Join(a.printJSON(newModifyRow(h, p, e)), err)
	case err != nil:
		return err
	}
	said := "modified"
	if p.GetChanged() {
		said = "modified to what there is"
	}
	_, err = fmt.Fprintf(a.out, "%s %s: %s\n", h, said, contractText(p.GetContract()))
	return err
}

// newModifyRow converts an outcome; e is nil after success.
func newModifyRow(h vc.Handle, p *cmdpb.CallParameters, e *client.Error) modifyRow {
	row := modifyRow{VC: h.String(), Modified: e == nil, Changed: e == nil && p.GetChanged(), Status: cmdpb.Status_SUCCESS.String()}
	if e != nil {
		row.Status, row.Detail, row.Cause = e.Status.String(), cmp.Or(e.Detail, e.Cause.Text), e.Cause.Value
	}
	if p.GetContract() != nil {
		c := newContractRow(p.GetContract())
		row.Contract = &c
	}
	return row
}
