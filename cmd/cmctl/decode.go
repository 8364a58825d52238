package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"callmanager/cmd/cmctl/capfile"
	"callmanager/cmd/cmctl/table"
	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/msg"
)

// decodeRow is one packet for JSON.
type decodeRow struct {
	Number int   `json:"number"`
	Offset int64 `json:"offset"` // of the packet in its file, or lines in front of it in a text
	// Time is RFC 3339 with nanoseconds; empty where the input does not tell.
	Time string `json:"time,omitempty"`
	Link string `json:"link,omitempty"`
	// Direction is "sent" or "received"; empty where the input does not tell.
	Direction string `json:"direction,omitempty"`
	// Channel is VPI/VCI; empty where the input does not tell.
	Channel string `json:"channel,omitempty"`
	// Signalling tells that the octets were decoded; others are data.
	Signalling bool           `json:"signalling"`
	SDU        dissect.Octets `json:"sdu"`
	Missing    int            `json:"missing,omitempty"` // octets that the capture does not have
	Decoded    *dissect.SDU   `json:"decoded,omitempty"`
	Error      string         `json:"error,omitempty"`
}

// decodeOptions are the flags of decode.
type decodeOptions struct {
	from, profile, as string
	vcs               []string
}

// profiles are the editions of the UNI by name.
var profiles = map[string]msg.Profile{"uni4.0": msg.UNI40, "uni3.1": msg.UNI31, "uni3.0": msg.UNI30, "q2931": msg.Q2931}

// forms are what octets can be, by name.
var forms = map[string]dissect.Form{"auto": dissect.AnyForm, "sscop": dissect.PDUForm, "q2931": dissect.MessageForm}

// decodeCommand takes octets apart.
func decodeCommand(a *app) *cobra.Command {
	var o decodeOptions
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "decode HEX|FILE|-",
		Short: "Print SSCOP and Q.2931 octets, or a capture, field by field with what is wrong (needs no daemon)",
		Long: `Decode prints signalling octets field by field: SSCOP PDUs, Q.2931 messages, every information element
with its octets, what is wrong with it, and what the rules for unknown, bad and missing elements make of it.

The input is octets in hexadecimal, a file or "-" for standard input: pcap or pcapng of link type 252
(exported PDU), 123 (SunATM), 1 or 147 (Ethernet with MPLS), or text in hexadecimal. In a text an empty
line ends an SDU; lines of "time A>B vpi/vci length octets" are packets of their own.

Which elements a message must carry depends on the side that sends it. --from names the side of the sender
or, where the input tells directions, of the end that captured. Without it the octets tell, if they can.

An MPLS label of 65536 and more spells its channel. --vc names that of one which was set by hand, as for a
static pseudowire to a router: --vc 103=0/5, once for each label, or --vc 0/5 for all the others.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			return a.decode(cmd.InOrStdin(), words, o)
		},
	})
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "the `side` that sent: user or network")
	f.StringVar(&o.profile, "profile", "uni4.0", "the `edition` whose rules judge: uni4.0, uni3.1, uni3.0, or q2931 for all message types")
	f.StringVar(&o.as, "as", "auto", "`what` the octets are: sscop, q2931 or auto")
	f.StringSliceVar(&o.vcs, "vc", nil, "the `[LABEL=]VPI/VCI` of frames whose label was set by hand; may be repeated")
	completeWords(cmd, "vc")
	completeWords(cmd, "from", "user", "network")
	completeWords(cmd, "profile", "uni4.0", "uni3.1", "uni3.0", "q2931")
	completeWords(cmd, "as", "auto", "sscop", "q2931")
	return cmd
}

// completeWords completes a flag that takes one of some words.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is not there: a mistake of this program
	}
}

// completeFiles completes a flag that takes a file.
func completeFiles(cmd *cobra.Command, flag string, extensions ...string) {
	if err := cmd.MarkFlagFilename(flag, extensions...); err != nil {
		panic(err) // the flag is not there: a mistake of this program
	}
}

// dissection translates the flags.
func (o *decodeOptions) dissection() (opt dissect.Options, err error) {
	var ok bool
	opt.From = dissect.Side(o.from)
	if opt.From != "" && opt.From != dissect.UserSide && opt.From != dissect.NetworkSide {
		return opt, fmt.Errorf("--from %q: want user or network: %w", o.from, errUsage)
	}
	if opt.Profile, ok = profiles[o.profile]; !ok {
		return opt, fmt.Errorf("--profile %q: want uni4.0, uni3.1, uni3.0 or q2931: %w", o.profile, errUsage)
	}
	if opt.Form, ok = forms[o.as]; !ok {
		return opt, fmt.Errorf("--as %q: want auto, sscop or q2931: %w", o.as, errUsage)
	}
	return opt, nil
}

// parseLabels reads the channels of labels.
func parseLabels(all []string) (labels capfile.Labels, err error) {
	labels.Named = make(map[uint32]capfile.VC)
	for _, s := range all {
		name, channel, named := strings.Cut(s, "=")
		if !named {
			channel = s
		}
		v, ok := parseVC(channel)
		label, err := strconv.ParseUint(name, 10, 32)
		switch {
		case !ok, named && err != nil:
			return labels, fmt.Errorf("--vc %q: want VPI/VCI or LABEL=VPI/VCI, such as 0/5 or 103=0/5: %w", s, errUsage)
		case !named && labels.Other != nil:
			return labels, fmt.Errorf("--vc %q: the labels that are not named have channel %d/%d already: %w", s, labels.Other.VPI, labels.Other.VCI, errUsage)
		case !named:
			labels.Other = &v
			continue
		case !capfile.MayName(uint32(label)):
			return labels, fmt.Errorf("--vc %q: label %d is not one that is set by hand: those are 16 to 65535: %w", s, label, errUsage)
		}
		if _, twice := labels.Named[uint32(label)]; twice {
			return labels, fmt.Errorf("--vc %q: label %d is named twice: %w", s, label, errUsage)
		}
		labels.Named[uint32(label)] = v
	}
	return labels, nil
}

// decode prints what the words name.
func (a *app) decode(in io.Reader, words []string, o decodeOptions) error {
	opt, err := o.dissection()
	if err != nil {
		return err
	}
	labels, err := parseLabels(o.vcs)
	if err != nil {
		return err
	}
	d := &decoder{app: a, out: bufio.NewWriter(a.out), opt: opt, labels: labels, talks: make(map[string]*dissect.Conversation)}
	return errors.Join(d.run(in, words), d.out.Flush())
}

// run prints what the words name.
func (d *decoder) run(in io.Reader, words []string) error {
	name := words[0]
	if len(words) == 1 && name == "-" {
		name = "standard input"
	} else {
		file, err := openInputFile(words)
		switch {
		case err != nil:
			return err
		case file != nil:
			defer func() { _ = file.Close() }()
			in = file
		default:
			b, err := capfile.ParseHex(strings.Join(words, " "))
			if err != nil {
				return fmt.Errorf("decode: neither a file nor octets in hexadecimal: %w", err)
			}
			return d.show(&capfile.Packet{Number: 1, Signalling: true, SDU: b})
		}
	}
	if err := capfile.Read(in, d.labels, d.show); err != nil {
		return fmt.Errorf("decode: %s: %w", name, err)
	}
	if d.shown == 0 {
		return fmt.Errorf("decode: %s holds no packet", name)
	}
	return nil
}

// openInputFile opens a file that the words name; without one it returns nil.
func openInputFile(words []string) (*os.File, error) {
	if len(words) != 1 {
		return nil, nil
	}
	file, err := os.Open(words[0])
	looksLikeFile := filepath.Ext(words[0]) != "" || strings.ContainsRune(words[0], filepath.Separator)
	if err != nil && (looksLikeFile || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENAMETOOLONG)) {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if err != nil {
		return nil, nil //nolint:nilerr // what is no file may be octets
	}
	return file, nil
}

// decoder prints packets.
type decoder struct {
	*app
	out    *bufio.Writer
	opt    dissect.Options
	labels capfile.Labels
	talks  map[string]*dissect.Conversation // by link
	shown  int
}

// show prints one packet.
func (d *decoder) show(p *capfile.Packet) error {
	d.shown++
	row := newDecodeRow(p)
	if p.Signalling && p.Wrong == "" {
		row.Decoded = d.dissect(p)
	}
	if d.json {
		return json.NewEncoder(d.out).Encode(row)
	}
	var s strings.Builder
	if p.Link != "" || !p.Time.IsZero() || p.Number > 1 {
		s.WriteString(packetLine(p) + "\n")
	}
	switch {
	case row.Decoded != nil:
		s.WriteString(row.Decoded.String())
	case p.Wrong != "":
		fmt.Fprintf(&s, "  %s: %s\n", table.Printable(p.Wrong), excerpt(p.SDU))
	default:
		fmt.Fprintf(&s, "  data, %d octets: %s\n", len(p.SDU)+p.Missing, excerpt(p.SDU))
	}
	if p.Missing > 0 {
		fmt.Fprintf(&s, "  the capture lacks the last %d octets\n", p.Missing)
	}
	_, err := io.WriteString(d.out, s.String())
	return err
}

// dissect takes a packet of a signalling channel apart, in the conversation of its link.
func (d *decoder) dissect(p *capfile.Packet) *dissect.SDU {
	opt := d.opt
	if opt.Form == dissect.AnyForm {
		opt.Form = p.Form
	}
	key := fmt.Sprint(p.Link, " ", opt.Form)
	if d.talks[key] == nil {
		d.talks[key] = dissect.New(opt)
	}
	return d.talks[key].Next(p.SDU, p.Sender)
}

// directions name the senders.
var directions = [...]string{dissect.AnyEnd: "", dissect.Here: "sent", dissect.There: "received"}

// newDecodeRow converts a packet.
func newDecodeRow(p *capfile.Packet) decodeRow {
	r := decodeRow{
		Number: p.Number, Offset: p.Offset, Link: strings.ToValidUTF8(p.Link, "?"), Direction: directions[p.Sender], Signalling: p.Signalling,
		SDU: p.SDU, Missing: p.Missing, Error: strings.ToValidUTF8(p.Wrong, "?"),
	}
	if !p.Time.IsZero() {
		r.Time = p.Time.UTC().Format(time.RFC3339Nano)
	}
	if p.Channel {
		r.Channel = fmt.Sprintf("%d/%d", p.VPI, p.VCI)
	}
	return r
}

// packetLine names a packet in front of its fields.
func packetLine(p *capfile.Packet) string {
	s := fmt.Sprintf("packet %d", p.Number)
	if !p.Time.IsZero() {
		s += "  " + p.Time.UTC().Format("15:04:05.000000000")
	}
	if p.Link != "" {
		s += "  " + table.Printable(p.Link)
	}
	if d := directions[p.Sender]; d != "" {
		s += " " + d
	}
	if p.Channel {
		s += fmt.Sprintf("  VC %d/%d", p.VPI, p.VCI)
	}
	return s
}

// excerptOctets is how much of data is shown.
const excerptOctets = 32

// excerpt shows the beginning of octets.
func excerpt(b []byte) string {
	if len(b) > excerptOctets {
		return fmt.Sprintf("%x...", b[:excerptOctets])
	}
	return fmt.Sprintf("%x", b)
}
