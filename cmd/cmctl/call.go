package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// transferFlags are the flags that call and listen share.
type transferFlags struct {
	maxSDU  uint16
	pcr     string
	minPCR  string
	sel     string
	lines   bool
	echo    bool
	linger  time.Duration
	verbose bool
}

// add adds the flags to a verb.
func (t *transferFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Uint16Var(&t.maxSDU, "max-sdu", 0, "largest SDU in `octets`, both ways; beyond one frame it goes in several (default: what one frame of the link carries)")
	f.BoolVar(&t.lines, "lines", false, "one line is one SDU")
	f.BoolVar(&t.echo, "echo", false, "send back what comes")
	f.DurationVar(&t.linger, "linger", 0, "keep the call this `long` after the end of input, for answers")
	f.BoolVarP(&t.verbose, "verbose", "v", false, "tell on standard error what was negotiated")
}

// contract checks the flags and returns the contract that they ask for.
func (t *transferFlags) contract() (*cmdpb.Contract, error) {
	if t.linger < 0 {
		return nil, fmt.Errorf("--linger %v: want 0s or more: %w", t.linger, errUsage)
	}
	flow := &cmdpb.Flow{MaxSdu: uint32(t.maxSDU)}
	c := &cmdpb.Contract{Forward: flow, Backward: flow}
	if t.pcr != "" {
		pcr, err := cellRate("--pcr", t.pcr)
		if err != nil {
			return nil, err
		}
		flow.Pcr = pcr
		c.Category = cmdpb.Category_CBR
	}
	return c, nil
}

// cellRate reads the rate of a flag in cells/s.
func cellRate(flag, text string) (uint32, error) {
	rate, err := vc.ParseRate(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %w", flag, err, errUsage)
	}
	pcr, err := vc.PCRFor(rate)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %w", flag, err, errUsage)
	}
	return uint32(pcr), nil
}

// minimum checks the flags and returns the lowest rates that they accept, or nil.
func (t *transferFlags) minimum(c *cmdpb.Contract) (*cmdpb.PeakRates, error) {
	if t.minPCR == "" {
		return nil, nil
	}
	low, err := cellRate("--min-pcr", t.minPCR)
	switch {
	case err != nil:
		return nil, err
	case t.pcr == "":
		return nil, fmt.Errorf("--min-pcr: it is for a call that reserves a rate, which --pcr names: %w", errUsage)
	case low > c.GetForward().GetPcr():
		return nil, fmt.Errorf("--min-pcr %s: it is above --pcr %s: %w", t.minPCR, t.pcr, errUsage)
	}
	return &cmdpb.PeakRates{Forward: low, Backward: low}, nil
}

// selector returns the selector that the flags name, or nil.
func (t *transferFlags) selector() (*uint8, error) { return parseSelector(t.sel) }

// parseSelector reads --sel; without it there is none.
func parseSelector(text string) (*uint8, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseUint(text, 16, 8)
	if err != nil {
		return nil, fmt.Errorf("--sel %q: want one or two hexadecimal digits: %w", text, errUsage)
	}
	sel := uint8(n)
	return &sel, nil
}

// options returns how the VC is joined to the streams.
func (t *transferFlags) options() sessionOptions {
	return sessionOptions{lines: t.lines, echo: t.echo, linger: t.linger}
}

// announce tells what was negotiated, if the user wants to know.
func (t *transferFlags) announce(w io.Writer, v *client.VC, with string) {
	if t.verbose {
		ch := v.Channel()
		_, _ = fmt.Fprintf(w, "cmctl: connected with %s: VC %s on %s %d/%d, %s\n", with, handle(v.Handle()),
			ch.GetLink(), ch.GetVpi(), ch.GetVci(), contractText(v.Parameters().GetContract()))
	}
}

// progress returns what tells how far a call to dest is, if the user wants to know.
func (t *transferFlags) progress(w io.Writer, dest string) func(client.Progress) {
	if !t.verbose {
		return nil
	}
	return func(p client.Progress) {
		what := dest + " is being alerted"
		if !p.Alerting {
			what = "the call to " + dest + " leaves the ATM network"
		}
		_, _ = fmt.Fprintf(w, "cmctl: %s\n", what)
	}
}

// callCommand places a call.
func callCommand(a *app) *cobra.Command {
	var t callFlags
	cmd := &cobra.Command{
		Use:   "call DEST | --pvc VPI/VCI",
		Short: "Call an address or host; standard input is sent, what comes is printed",
		Long: `Call DEST, an ATM address (40 hexadecimal digits, dots allowed, or +digits) or a name of
the daemon's [hosts]. Standard input is sent over the VC, in SDUs as it comes or, with
--lines, a line an SDU (an empty one is none); what comes is printed. The end of input
drains the VC and releases the call.

With --permanent the call is made on a PVC whose destination is DEST, and with --pvc on that one.
Nothing is signalled then: it comes about whether there is anybody at the other end or not.`,
		Args:              args(cobra.MaximumNArgs(1)),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, argv []string) error {
			d, err := t.destination(argv)
			if err != nil {
				return err
			}
			return a.call(cmd, &t.transferFlags, d)
		},
	}
	t.add(cmd)
	cmd.Flags().StringVar(&t.pcr, "pcr", "", "reserve this `rate` both ways, such as 200Mbit/s (default: best effort)")
	cmd.Flags().StringVar(&t.minPCR, "min-pcr", "", "take less than --pcr if there is no room, but at least this `rate` both ways")
	cmd.Flags().BoolVar(&t.permanent, "permanent", false, "use a PVC that leads to DEST")
	cmd.Flags().StringVar(&t.pvc, "pvc", "", "use the PVC of this `[LINK:]VPI/VCI`")
	a.completeFlag(cmd, "pvc", a.pvcChannels)
	cmd.Flags().StringVar(&t.sel, "sel", "", "call this selector of DEST, one or two hexadecimal `digits` (default: that of the address)")
	return cmd
}

// callFlags are the flags of call.
type callFlags struct {
	transferFlags
	permanent bool
	pvc       string
}

// destination is whom a call is for.
type destination struct {
	address   string
	permanent bool
	channel   *client.Channel // of a PVC; nil for none
}

// destination checks the arguments and flags that say whom to call.
func (t *callFlags) destination(argv []string) (d destination, err error) {
	switch {
	case len(argv) == 0 && t.pvc == "":
		return d, fmt.Errorf("call: whom? want DEST or --pvc VPI/VCI: usage: cmctl call DEST | --pvc VPI/VCI: %w", errUsage)
	case len(argv) > 0 && t.pvc != "":
		return d, fmt.Errorf("call: --pvc says where to, so no DEST is wanted: %w", errUsage)
	case t.pvc != "" && t.sel != "":
		return d, fmt.Errorf("--sel: it is for calls to an address: %w", errUsage)
	case (t.pvc != "" || t.permanent) && (t.pcr != "" || t.minPCR != "" || t.maxSDU != 0):
		return d, fmt.Errorf("the contract of a PVC is the operator's, so no --pcr, --min-pcr and --max-sdu: %w", errUsage)
	case t.pvc == "":
		return destination{address: argv[0], permanent: t.permanent}, nil
	}
	ch, err := parsePVC(t.pvc)
	return destination{channel: &ch, permanent: true}, err
}

// String names the destination for messages.
func (d destination) String() string {
	if d.channel != nil {
		return fmt.Sprintf("PVC %d/%d", d.channel.VPI, d.channel.VCI)
	}
	return d.address
}

// call places the call and joins it to the standard streams.
func (a *app) call(cmd *cobra.Command, t *transferFlags, d destination) error {
	contract, err := t.contract()
	if err != nil {
		return err
	}
	minimum, err := t.minimum(contract)
	if err != nil {
		return err
	}
	selector, err := t.selector()
	if err != nil {
		return err
	}
	c, err := a.dial(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	dest := d.String()
	answered := a.slow(dest + " has not answered yet")
	v, err := c.Call(cmd.Context(), d.address, &client.CallOptions{
		Permanent: d.permanent, Channel: d.channel,
		Contract: contract, Minimum: minimum, Selector: selector, OnProgress: t.progress(a.err, dest), ReceiveRing: patientRing,
	})
	answered()
	if err != nil {
		return fmt.Errorf("call %s: %w", dest, callError(err))
	}
	t.announce(a.err, v, dest)
	s := &session{sessionOptions: t.options(), vc: v, in: a.in, out: a.out, slow: a.slow}
	if t.echo {
		s.in = nil
	}
	if err := s.run(cmd.Context()); err != nil {
		return fmt.Errorf("call %s: %w", dest, err)
	}
	return nil
}

// callError gives the cause in words where there is one.
func callError(err error) error {
	if e, ok := errors.AsType[*client.Error](err); ok && e.Cause.Value != 0 {
		return errors.New(e.Reason())
	}
	return err
}
