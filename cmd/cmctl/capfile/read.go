package capfile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"callmanager/signalling/dissect"
)

// The first four octets of a file.
const (
	magicNg        = 0x0a0d0d0a
	magicMicro     = 0xa1b2c3d4
	magicNano      = 0xa1b23c4d
	readBufferSize = 64 << 10
)

// Read reads packets until the end of the input, or until f fails. The format is found out by the first
// octets; labels are for Ethernet. An error names the place: the number and the offset of the packet, or
// line and column.
func Read(r io.Reader, labels Labels, f func(*Packet) error) error {
	in := &counter{r: r}
	b := bufio.NewReaderSize(in, readBufferSize)
	in.buffered = b.Buffered
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) == 4 {
		switch le, be := binary.LittleEndian.Uint32(head), binary.BigEndian.Uint32(head); {
		case be == magicNg:
			return readNg(b, in, labels, f)
		case le == magicMicro, le == magicNano, be == magicMicro, be == magicNano:
			return readPcap(b, in, labels, f)
		}
	}
	return readText(b, f)
}

// counter counts the octets that are read.
type counter struct {
	r        io.Reader
	n        int64
	buffered func() int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// offset returns how many octets have been used.
func (c *counter) offset() int64 { return c.n - int64(c.buffered()) }

// readPcap reads the classic format.
func readPcap(b *bufio.Reader, in *counter, labels Labels, f func(*Packet) error) error {
	r, err := pcapgo.NewReader(b)
	if err != nil {
		return fmt.Errorf("pcap header: %w", err)
	}
	typ := int(r.LinkType())
	s := stations{labels: labels}
	for number := 1; ; number++ {
		at := in.offset()
		data, ci, err := r.ReadPacketData()
		if err == nil {
			p := newPacket(number, at, data, ci)
			if err = p.link(typ, &s); err == nil {
				if err := f(p); err != nil {
					return err
				}
			}
		}
		if errors.Is(err, io.EOF) && in.offset() == at {
			return nil
		}
		if err != nil {
			return wrapPlace(number, at, err)
		}
	}
}

// readNg reads pcapng. Packets of other link types than ours are an error.
func readNg(b *bufio.Reader, in *counter, labels Labels, f func(*Packet) error) error {
	r, err := pcapgo.NewNgReader(b, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		if errors.Is(err, io.EOF) { // a section without an interface has no packet
			return nil
		}
		return fmt.Errorf("pcapng, offset %d: %w", in.offset(), err)
	}
	s := stations{labels: labels}
	for number := 1; ; number++ {
		at := in.offset()
		data, ci, opts, err := r.ReadPacketDataWithOptions()
		if err == nil {
			p := newPacket(number, at, data, ci)
			p.options(r, ci, opts)
			var typ layers.LinkType
			if len(ci.AncillaryData) > 0 {
				typ, _ = ci.AncillaryData[0].(layers.LinkType)
			}
			if err = p.link(int(typ), &s); err == nil {
				p.comments(opts.Comments)
				if err := f(p); err != nil {
					return err
				}
			}
		}
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return wrapPlace(number, at, err)
		}
	}
}

// wrapPlace says where an error is.
func wrapPlace(number int, at int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file ends within the packet")
	}
	return fmt.Errorf("packet %d at offset %d: %w", number, at, err)
}

// newPacket makes a packet whose SDU still has its encapsulation.
func newPacket(number int, at int64, data []byte, ci gopacket.CaptureInfo) *Packet {
	return &Packet{
		Number: number, Offset: at, Time: ci.Timestamp, SDU: bytes.Clone(data), Missing: max(ci.Length-ci.CaptureLength, 0),
	}
}

// options takes over what pcapng tells beside a packet.
func (p *Packet) options(r *pcapgo.NgReader, ci gopacket.CaptureInfo, o pcapgo.NgPacketOptions) {
	if i, err := r.Interface(ci.InterfaceIndex); err == nil {
		p.Link = i.Name
	}
	switch {
	case o.Flags == nil:
	case o.Flags.Direction == pcapgo.NgEpbFlagDirectionOutbound:
		p.Sender = dissect.Here
	case o.Flags.Direction == pcapgo.NgEpbFlagDirectionInbound:
		p.Sender = dissect.There
	}
}

// comments takes the channel from a comment of our own.
func (p *Packet) comments(all []string) {
	for _, c := range all {
		var vpi, vci uint16
		if n, err := fmt.Sscanf(c, commentFormat, &vpi, &vci); n == 2 && err == nil && !p.Channel {
			p.Channel, p.VPI, p.VCI = true, vpi, vci
		}
	}
}

// commentFormat is how the comment of a packet names its channel.
const commentFormat = "VC %d/%d"
