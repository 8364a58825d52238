package ie_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"callmanager/signalling/q2931/ie"
)

// TestHeader reads and writes octet 2 in all its values for elements of either coding standard.
func TestHeader(t *testing.T) {
	for _, id := range []ie.ID{ie.IDSendingComplete, ie.IDLIJParameters, ie.IDQoS, ie.IDExtQoS} {
		inf := ie.Lookup(id)
		for o := range 256 {
			h, known := ie.ParseHeader(id, byte(o))
			coding := [...]ie.Coding{ie.CodingITU, ie.CodingISO, ie.CodingNational, ie.CodingNetwork}[o>>5&3]
			if known != (coding == inf.Coding || coding == inf.Also) {
				t.Errorf("%s %#x: known %v", id, o, known)
			}
			if want := o&0x10 != 0; h.Flag != want || !want && h.Action != 0 || want && int(h.Action) != o&7 {
				t.Errorf("%s %#x: %+v", id, o, h)
			}
			if (h.Coding == ie.CodingDefault) != (coding == inf.Coding) {
				t.Errorf("%s %#x: coding %d", id, o, h.Coding)
			}
		}
	}
	if h, known := ie.ParseHeader(0x33, 0xe0); known || h.Coding != ie.CodingNetwork {
		t.Errorf("unknown element: %+v, %v", h, known)
	}
}

// TestHeaderWritten proves octet 2 as it is written.
func TestHeaderWritten(t *testing.T) {
	for _, row := range []struct {
		id   ie.ID
		h    ie.Header
		want byte // 0: refused
	}{
		{ie.IDSendingComplete, ie.Header{}, 0x80},
		{ie.IDSendingComplete, ie.Header{Coding: ie.CodingITU}, 0x80},
		{ie.IDSendingComplete, ie.Header{Coding: ie.CodingNetwork}, 0},
		{ie.IDSendingComplete, ie.Header{Flag: true, Action: ie.ActionDiscardMessageReport}, 0x96},
		{ie.IDSendingComplete, ie.Header{Flag: true}, 0x90},
		{ie.IDSendingComplete, ie.Header{Flag: true, Action: 3}, 0},
		{ie.IDSendingComplete, ie.Header{Flag: true, Action: 7}, 0},
		{ie.IDSendingComplete, ie.Header{Action: ie.ActionDiscard}, 0},
		{ie.IDLIJParameters, ie.Header{}, 0xe0},
		{ie.IDLIJParameters, ie.Header{Coding: ie.CodingITU}, 0x80},
		{ie.IDLIJParameters, ie.Header{Coding: ie.CodingISO}, 0},
		{ie.IDLIJParameters, ie.Header{Flag: true, Action: ie.ActionDiscard}, 0xf1},
	} {
		e := ie.Lookup(row.id).New()
		*e.Head() = row.h
		b, err := ie.Append([]byte{1}, row.id, e)
		switch {
		case row.want == 0 && (err == nil || !bytes.Equal(b, []byte{1})):
			t.Errorf("%+v: wrote %x", row.h, b)
		case row.want != 0 && (err != nil || b[2] != row.want):
			t.Errorf("%+v: wrote %x, %v", row.h, b, err)
		}
	}
}

// TestAppendRefuses proves that values out of range are not written.
func TestAppendRefuses(t *testing.T) {
	for _, row := range []struct {
		id ie.ID
		e  ie.Element
	}{
		{0x33, &ie.Opaque{ID: 0x33, Data: []byte{1}}},
		{ie.IDAAL, &ie.AAL{Type: ie.AALUser, UserLen: 5}},
		{ie.IDBHLI, &ie.BHLI{Len: 9}},
		{ie.IDBHLI, &ie.BHLI{Type: 5}},
		{ie.IDBLLI, &ie.BLLI{}},
		{ie.IDBLLI, &ie.BLLI{Layer1: ie.Some[uint8](32)}},
		{ie.IDBLLI, &ie.BLLI{Layer2: ie.Layer2{Protocol: ie.L2User, User: ie.Some[uint8](128)}}},
		{ie.IDBLLI, &ie.BLLI{Layer2: ie.Layer2{Protocol: ie.L2X25Link, Window: ie.Some[uint8](1)}}},
		{ie.IDBLLI, &ie.BLLI{Layer2: ie.Layer2{Protocol: ie.L2X25Link, User: ie.Some[uint8](1)}}},
		{ie.IDBLLI, &ie.BLLI{Layer2: ie.Layer2{Protocol: ie.L2X25Link, Mode: ie.Some(ie.ModeNormal), Q933: 4}}},
		{ie.IDBLLI, &ie.BLLI{Layer3: ie.Layer3{Protocol: ie.L3X25, PacketSize: ie.Some[uint8](7)}}},
		{ie.IDBLLI, &ie.BLLI{Layer3: ie.Layer3{Protocol: ie.L3X25, Mode: ie.Some(ie.ModeNormal), Window: ie.Some[uint8](7)}}},
		{ie.IDBLLI, &ie.BLLI{Layer3: ie.Layer3{Protocol: ie.L3TR9577, IPI: ie.Some[uint8](0xcc), SNAP: ie.Some(ie.SNAP{})}}},
		{ie.IDBLLI, &ie.BLLI{Layer3: ie.Layer3{Protocol: ie.L3User, User: ie.Some[uint8](128)}}},
		{ie.IDBearer, &ie.Bearer{Class: ie.BCOBX, Config: 2}},
		{ie.IDBearer, &ie.Bearer{Class: ie.BCOBX, ATC: ie.Some[ie.ATC](0x25)}},
		{ie.IDCalledNumber, &ie.CalledNumber{}},
		{ie.IDCalledNumber, &ie.CalledNumber{Number: ie.Number{Plan: ie.PlanAESA, Len: 19}}},
		{ie.IDCalledNumber, &ie.CalledNumber{Number: ie.Number{Plan: ie.PlanE164, Type: ie.NumberInternational, Len: 21}}},
		{ie.IDCalledNumber, &ie.CalledNumber{Number: ie.Number{Plan: ie.PlanE164, Type: ie.NumberInternational, Len: 1, Octets: [20]byte{'1', '2'}}}},
		{ie.IDCallingNumber, &ie.PartyNumber{}},
		{ie.IDCallingNumber, &ie.PartyNumber{Number: ie.NewAESA([20]byte{}), Indicators: ie.Some(ie.Indicators{Presentation: 3})}},
		{ie.IDCallingNumber, &ie.PartyNumber{Number: ie.NewAESA([20]byte{}), Indicators: ie.Some(ie.Indicators{Screening: 4})}},
		{ie.IDCalledSub, &ie.Subaddress{Len: 21}},
		{ie.IDConnID, &ie.ConnID{Exclusive: 2}},
		{ie.IDCause, &ie.Cause{}},
		{ie.IDCause, &ie.Cause{Value: 128}},
		{ie.IDCause, &ie.Cause{Value: 16, Location: 9}},
		{ie.IDCause, &ie.Cause{Value: 16, Diagnostic: make([]byte, 29)}},
		{ie.IDCallState, &ie.CallState{State: 5}},
		{ie.IDCallState, &ie.CallState{State: 0x4a}},
		{ie.IDEndpointRef, &ie.EndpointRef{Value: 0x8000}},
		{ie.IDEndpointState, &ie.EndpointState{State: 0x40}},
		{ie.IDRestart, &ie.Restart{Class: 3}},
		{ie.IDNotification, &ie.Notification{}},
		{ie.IDNotification, &ie.Notification{Info: make([]byte, 65536)}},
		{ie.IDTNS, &ie.TNS{Len: 5}},
		{ie.IDQoS, &ie.QoS{Header: ie.Header{Coding: ie.CodingNetwork}, Fwd: 1, Bwd: 5}},
		{ie.IDExtQoS, &ie.ExtQoS{FwdCumCDV: ie.Some[uint32](1 << 24)}},
		{ie.IDABRSetup, &ie.ABRSetup{FixedRTT: ie.Some[uint32](1 << 24)}},
		{ie.IDABRAdditional, &ie.ABRAdditional{Fwd: ie.Some(ie.ABRRecord{ADTF: ie.Some[uint16](1024)})}},
		{ie.IDGIT, &ie.GIT{Application: ie.GITDSMCC}},
		{ie.IDGIT, &ie.GIT{Identifiers: []ie.GITIdentifier{{Type: ie.GITSession, Value: []byte{1}}}}},
		{ie.IDGIT, &ie.GIT{Application: ie.GITDSMCC, Identifiers: []ie.GITIdentifier{{Type: ie.GITSession}}}},
		{ie.IDUserUser, &ie.UserUser{}},
		{ie.IDUserUser, &ie.UserUser{Data: make([]byte, 129)}},
		{ie.IDOAMTD, &ie.OAMTD{Shaping: 2}},
		{ie.IDOAMTD, &ie.OAMTD{Compliance: 2}},
		{ie.IDOAMTD, &ie.OAMTD{Fault: 2}},
		{ie.IDOAMTD, &ie.OAMTD{Fwd: 2}},
		{ie.IDLIJCallID, &ie.LIJCallID{Type: 1}},
		{ie.IDLIJParameters, &ie.LIJParameters{Screening: 1}},
		{ie.IDConnectionScope, &ie.ConnectionScope{}},
		{ie.IDReportType, &ie.ReportType{Type: 3}},
		{ie.IDMinDesiredCellRate, &ie.MinDesiredCellRate{Fwd: ie.Some[uint32](1)}},
		{ie.IDMinDesiredCellRate, &ie.MinDesiredCellRate{Fwd: ie.Some[uint32](1), Bwd: ie.Some[uint32](1 << 24)}},
		{ie.IDProgress, &ie.Progress{Description: 128}},
		{ie.IDFacility, &ie.Opaque{ID: ie.IDDTL, Data: []byte{1}}},
		{ie.IDLockingShift, &ie.Shift{Codeset: 8}},
	} {
		b, err := ie.Append(nil, row.id, row.e)
		if ce, ok := errors.AsType[*ie.ContentError](err); !ok || ce.ID != row.id || len(b) != 0 || !strings.HasPrefix(err.Error(), "ie: ") {
			t.Errorf("%s %+v: wrote %x, %v", row.id, row.e, b, err)
		}
	}
}

// TestTable proves the table against the list of the Recommendations.
func TestTable(t *testing.T) {
	access := [256]bool{
		ie.IDAAL: true, ie.IDBHLI: true, ie.IDBLLI: true, ie.IDCalledSub: true, ie.IDCallingSub: true,
		ie.IDConnectedSub: true, ie.IDUserUser: true, ie.IDNarrowbandLLC: true, ie.IDNarrowbandHLC: true,
	}
	maxima := [256]int{
		ie.IDCause: 34, ie.IDCallState: 5, ie.IDTransitDelay: 11, ie.IDConnectedNumber: 26, ie.IDConnectedSub: 25,
		ie.IDEndpointRef: 7, ie.IDEndpointState: 5, ie.IDAAL: 21, ie.IDTD: 30, ie.IDConnID: 9, ie.IDOAMTD: 6,
		ie.IDQoS: 6, ie.IDBHLI: 13, ie.IDBearer: 7, ie.IDBLLI: 17, ie.IDSendingComplete: 5, ie.IDRepeat: 5,
		ie.IDCallingNumber: 26, ie.IDCallingSub: 25, ie.IDCalledNumber: 25, ie.IDCalledSub: 25, ie.IDTNS: 9,
		ie.IDRestart: 5, ie.IDUserUser: 132, ie.IDGIT: 33, ie.IDMinTD: 20, ie.IDAltTD: 30, ie.IDABRSetup: 36,
		ie.IDReportType: 5, ie.IDABRAdditional: 14, ie.IDLIJCallID: 9, ie.IDLIJParameters: 5, ie.IDLeafSequence: 8,
		ie.IDConnectionScope: 6, ie.IDExtQoS: 25, ie.IDMinDesiredCellRate: 13, ie.IDLockingShift: 5, ie.IDNonLockingShift: 5,
	}
	rows, names := 0, map[string]bool{}
	for i := range 256 {
		id := ie.ID(i)
		inf := ie.Lookup(id)
		if inf == nil {
			if want := fmt.Sprintf("element 0x%02x", i); id.String() != want {
				t.Errorf("%s, want %s", id, want)
			}
			continue
		}
		rows++
		if names[inf.Name] || inf.Name != id.String() || inf.ID != id || inf.Access != access[id] {
			t.Errorf("row %s: %+v", id, inf)
		}
		if want := maxima[id]; want != 0 && inf.Max != want {
			t.Errorf("%s: at most %d octets, want %d", id, inf.Max, want)
		}
		names[inf.Name] = true
	}
	if rows != 48 {
		t.Errorf("%d elements, want 48", rows)
	}
}
