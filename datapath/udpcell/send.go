package udpcell

import (
	"context"
	"net"

	"callmanager/datapath/carrier"
	"callmanager/datapath/cell"
)

// turn is how many cells of data may go before signalling has its turn again.
const turn = 32

// runWriter sends what the outboxes have until the context ends: signalling first, and again after
// each turn of data.
func (t *Transport) runWriter(ended context.Context, sock *net.UDPConn) {
	data, control := t.link.Data, t.link.Control
	for {
		t.send(sock, control.Out.Take(), control)
		cells := data.Out.Take()
		rest := cells
		for len(rest) > 0 && ended.Err() == nil {
			n := min(len(rest), turn*cell.Len)
			t.sendCells(sock, rest[:n], data)
			rest = rest[n:]
			t.send(sock, control.Out.Take(), control)
		}
		data.Out.Recycle(cells)
		if len(cells) > 0 && ended.Err() == nil {
			continue
		}
		select {
		case <-t.link.Outgoing:
		case <-ended.Done():
			return
		}
	}
}

// send sends all that was taken from a port, and gives the memory back.
func (t *Transport) send(sock *net.UDPConn, cells []byte, p *carrier.Port) {
	if len(cells) > 0 {
		t.sendCells(sock, cells, p)
	}
	p.Out.Recycle(cells)
}

// sendCells sends cells, one a datagram. What the kernel refuses, as while there is no route, is
// lost as on any wire, and counted.
func (t *Transport) sendCells(sock *net.UDPConn, cells []byte, p *carrier.Port) {
	var sent, failed int
	for ; len(cells) >= cell.Len; cells = cells[cell.Len:] {
		if _, err := sock.WriteToUDPAddrPort(cells[:cell.Len], t.cfg.Peer); err != nil {
			failed++
		} else {
			sent++
		}
	}
	t.count.sent.Add(uint64(sent))
	t.count.unsent.Add(uint64(failed))
	p.Out.Sent(loadOf(sent + failed))
	p.Writable.Set()
}
