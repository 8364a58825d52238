package capfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"callmanager/api/cmdpb"
)

// Writer writes captured packets as pcapng.
type Writer struct {
	ng    *pcapgo.NgWriter
	index map[uint32]int // of the interface of each link
	began time.Time
	buf   []byte
}

// NewWriter begins a file with an interface for each link. version names the program that captures, and
// snap is the most of a packet that is kept, in octets, 0 for all.
func NewWriter(w io.Writer, links []*cmdpb.CaptureLink, version string, snap uint32) (*Writer, error) {
	out := &Writer{index: make(map[uint32]int, len(links)), began: time.Now()}
	o := pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{
		Hardware: runtime.GOARCH, OS: runtime.GOOS, Application: version,
	}}
	if snap > 0 {
		snap += uint32(max(len(exportedControl), len(exportedData)))
	}
	for i, l := range links {
		intf := pcapgo.NgInterface{
			Name: l.GetName(), Description: strings.TrimSuffix("ATM link on "+l.GetInterface(), " on "), LinkType: linkExported, SnapLength: snap,
			TimestampResolution: 9,
		}
		var err error
		if i == 0 {
			out.ng, err = pcapgo.NewNgWriterInterface(w, intf, o)
		} else {
			_, err = out.ng.AddInterface(intf)
		}
		if err != nil {
			return nil, err
		}
		out.index[l.GetId()] = i
	}
	if out.ng == nil {
		return nil, fmt.Errorf("capfile: no link to capture")
	}
	return out, out.ng.Flush()
}

// The tags in front of the octets: the dissector's name, padded to four octets, and the end.
var (
	exportedControl = exported(pduDissector)
	exportedData    = exported(dataDissector)
)

// exported makes the tags of a PDU.
func exported(dissector string) []byte {
	n := (len(dissector) + 3) &^ 3
	b := binary.BigEndian.AppendUint16(nil, tagDissector)
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	b = append(b, dissector...)
	b = append(b, make([]byte, n-len(dissector))...)
	return append(b, 0, tagEnd, 0, 0)
}

// Write writes a packet. It may stay in a buffer until Flush.
func (w *Writer) Write(p *cmdpb.CapturedPacket) error {
	i, ok := w.index[p.GetLink()]
	if !ok {
		return fmt.Errorf("capfile: packet of link %d, which is not captured", p.GetLink())
	}
	direction := pcapgo.NgEpbFlagDirectionInbound
	if p.GetSent() {
		direction = pcapgo.NgEpbFlagDirectionOutbound
	}
	o := pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: direction}}
	head := exportedControl
	if !p.GetControl() {
		head = exportedData
		o.Comments = []string{fmt.Sprintf(commentFormat, p.GetVpi(), p.GetVci())}
	}
	w.buf = append(append(w.buf[:0], head...), p.GetOctets()...)
	return w.ng.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp: time.Unix(0, int64(p.GetTimeNs())), CaptureLength: len(w.buf), InterfaceIndex: i,
		Length: len(head) + max(int(p.GetLength()), len(p.GetOctets())),
	}, w.buf, o)
}

// Stats writes what became of the packets of a link.
func (w *Writer) Stats(l *cmdpb.CaptureLink) error {
	i, ok := w.index[l.GetId()]
	if !ok {
		return nil
	}
	now := time.Now()
	return w.ng.WriteInterfaceStats(i, pcapgo.NgInterfaceStatistics{
		LastUpdate: now, StartTime: w.began, EndTime: now,
		PacketsReceived: l.GetCaptured() + l.GetDropped(), PacketsDropped: l.GetDropped(),
	})
}

// Flush writes what is in the buffer.
func (w *Writer) Flush() error { return w.ng.Flush() }
