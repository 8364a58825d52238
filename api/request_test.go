package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// compare lets cmp look at addresses, which are comparable values.
var compare = cmp.Comparer(func(a, b vc.Addr) bool { return a == b })

var aesa = vc.AddrFromMAC(vc.MAC{2, 0, 0, 0, 0, 1})

// wireFlow and modelFlow are one direction with a value of its own in every field.
func wireFlow(n uint32) *cmdpb.Flow {
	return &cmdpb.Flow{Pcr: n + 1, Scr: n + 2, Mbs: n + 3, Mdcr: n + 6, MaxSdu: n + 4, MinPoliced: n + 5, Tagging: n > 100, FrameDiscard: n <= 100}
}

func modelFlow(n uint32) vc.Flow {
	return vc.Flow{
		PCR: vc.CellRate(n + 1), SCR: vc.CellRate(n + 2), MBS: n + 3, MDCR: vc.CellRate(n + 6), MaxSDU: uint16(n + 4), MinPoliced: uint16(n + 5),
		Tagging: n > 100, FrameDiscard: n <= 100,
	}
}

func wireContract() *cmdpb.Contract {
	return &cmdpb.Contract{Category: cmdpb.Category_NRT_VBR, Forward: wireFlow(100), Backward: wireFlow(200)}
}

func modelContract() vc.Contract {
	return vc.Contract{Category: vc.NRTVBR, Forward: modelFlow(100), Backward: modelFlow(200)}
}

func wireCause() *cmdpb.Cause {
	return &cmdpb.Cause{Value: 41, Location: 10, Diagnostic: []byte{9, 8}, Text: ie.CauseTemporaryFailure.String()}
}

func modelCause() ie.Cause { return ie.Cause{Value: 41, Location: 10, Diagnostic: []byte{9, 8}} }

// Every operation of the client model, with a value of its own in every field.
func TestDecodeRequest(t *testing.T) {
	linger := 1234 * time.Millisecond
	for name, tc := range map[string]struct {
		sent *cmdpb.ClientMessage
		want cm.Request
	}{
		"OpenAF": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: 1, Minor: 2, Name: "n"}}},
			cm.OpenAF{Request: 5, Major: 1, Minor: 2, Name: "n"},
		},
		"CloseAF": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseAf{CloseAf: &cmdpb.CloseAF{}}},
			cm.CloseAF{Request: 5},
		},
		"RegisterSAP": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: &cmdpb.RegisterSAP{
				Address: aesa.String(), Selector: 255, Bhli: []byte{1}, Blli: []byte{2}, SendRing: 8, ReceiveRing: 9,
			}}},
			cm.RegisterSAP{Request: 5, Address: aesa, Selector: 255, BHLI: []byte{1}, BLLI: []byte{2}, SendRing: 8, ReceiveRing: 9},
		},
		"RegisterSAP with wildcards": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: &cmdpb.RegisterSAP{
				AnySelector: true, Blli: []byte{1}, MoreBlli: [][]byte{{2}, {3}}, BhliAbsent: true, BlliAbsent: true,
			}}},
			cm.RegisterSAP{Request: 5, AnySelector: true, BLLI: []byte{1}, MoreBLLI: [][]byte{{2}, {3}}, BHLIAbsent: true, BLLIAbsent: true},
		},
		"RegisterSAP of anything": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: &cmdpb.RegisterSAP{AnySelector: true}}},
			cm.RegisterSAP{Request: 5, AnySelector: true},
		},
		"DeregisterSAP": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeregisterSap{DeregisterSap: &cmdpb.DeregisterSAP{Sap: 1<<63 + 1}}},
			cm.DeregisterSAP{Request: 5, SAP: 1<<63 + 1},
		},
		"CreateVC": {createVC(), cm.CreateVC{Request: 5}},
		"DeleteVC": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeleteVc{DeleteVc: &cmdpb.DeleteVC{Vc: 6}}},
			cm.DeleteVC{Request: 5, VC: 6},
		},
		"MakeCall": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
				Vc: 7, SendRing: 8, ReceiveRing: 9, Parameters: &cmdpb.CallParameters{
					Called: "bob", Calling: aesa.String(), Contract: wireContract(), Bhli: []byte{3}, Blli: [][]byte{{4}, {5}},
					CalledSelector: new(uint32(0x2A)), Minimum: &cmdpb.PeakRates{Forward: 21, Backward: 22},
					Alternative: wireContract(), Qos: wireQoS(),
				},
			}}},
			cm.MakeCall{
				Request: 5, VC: 7, Called: "bob", Calling: aesa, Contract: modelContract(),
				BHLI: []byte{3}, BLLI: [][]byte{{4}, {5}}, SendRing: 8, ReceiveRing: 9,
				CalledSelector: new(uint8(0x2A)), Fallback: modelFallback(), QoS: modelQoS(),
			},
		},
		"MakeCall of nothing": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{}}},
			cm.MakeCall{Request: 5},
		},
		"IncomingCallComplete, accepted": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: &cmdpb.IncomingCallComplete{
				Vc: 7, Parameters: &cmdpb.CallParameters{Contract: wireContract()}, // without changed it says nothing
			}}},
			cm.IncomingCallComplete{Request: 5, VC: 7},
		},
		"IncomingCallComplete, altered": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: &cmdpb.IncomingCallComplete{
				Vc: 7, Parameters: &cmdpb.CallParameters{Contract: wireContract(), Bhli: []byte{1}, Blli: [][]byte{{2}}, Changed: true},
			}}},
			cm.IncomingCallComplete{Request: 5, VC: 7, Changed: true, Parameters: primitive.Params{
				Contract: modelContract(), BHLI: []byte{1}, BLLI: [][]byte{{2}},
			}},
		},
		"IncomingCallComplete, refused": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: &cmdpb.IncomingCallComplete{
				Vc: 7, Status: cmdpb.Status_VERSION_MISMATCH, Cause: wireCause(),
			}}},
			cm.IncomingCallComplete{Request: 5, VC: 7, Status: cm.VersionMismatch, Cause: modelCause()},
		},
		"IncomingCallComplete with PENDING, which the model refuses": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: &cmdpb.IncomingCallComplete{
				Vc: 7, Status: cmdpb.Status_PENDING,
			}}},
			cm.IncomingCallComplete{Request: 5, VC: 7, Status: cm.Pending},
		},
		"ModifyCallQoS": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{ModifyCallQos: &cmdpb.ModifyCallQoS{
				Vc: 7, Parameters: &cmdpb.CallParameters{
					Contract: wireContract(), Minimum: &cmdpb.PeakRates{Forward: 21, Backward: 22}, Alternative: wireContract(),
				},
			}}},
			cm.ModifyCallQoS{Request: 5, VC: 7, Contract: modelContract(), Fallback: modelFallback()},
		},
		"ModifyCallQoS of nothing": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{ModifyCallQos: &cmdpb.ModifyCallQoS{}}},
			cm.ModifyCallQoS{Request: 5},
		},
		"CloseCall": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{
				Vc: 7, LingerMs: proto.Uint32(1234), Cause: wireCause(),
			}}},
			cm.CloseCall{Request: 5, VC: 7, Linger: &linger, Cause: modelCause()},
		},
		"CloseCall with close data": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: 7, CloseData: []byte{4}}}},
			cm.CloseCall{Request: 5, VC: 7, CloseData: []byte{4}},
		},
		"IncomingCallComplete with user-user information": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: &cmdpb.IncomingCallComplete{
				Vc: 7, Parameters: &cmdpb.CallParameters{UserUser: []byte{4}},
			}}},
			cm.IncomingCallComplete{Request: 5, VC: 7, UserUser: []byte{4}},
		},
		"Notify": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Notify{Notify: &cmdpb.Notify{Vc: 7, Indicator: []byte{4}}}},
			cm.Notify{Request: 5, VC: 7, Info: []byte{4}},
		},
		"Alert": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Alert{Alert: &cmdpb.Alert{Vc: 7, UserUser: []byte{4}}}},
			cm.Alert{Request: 5, VC: 7, UserUser: []byte{4}},
		},
		"CloseCall without linger": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: 7}}},
			cm.CloseCall{Request: 5, VC: 7},
		},
		"RingDone": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RingDone{RingDone: &cmdpb.RingDone{Vc: 7}}},
			cm.RingDone{Request: 5, VC: 7},
		},
		"AdminClose": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AdminClose{AdminClose: &cmdpb.AdminClose{Vc: 7}}},
			cm.AdminClose{Request: 5, VC: 7},
		},
		"AdminModify": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AdminModify{AdminModify: &cmdpb.AdminModify{
				Vc: 7, Parameters: &cmdpb.CallParameters{
					Contract: wireContract(), Minimum: &cmdpb.PeakRates{Forward: 21, Backward: 22}, Alternative: wireContract(),
				},
			}}},
			cm.AdminModify{Request: 5, VC: 7, Contract: modelContract(), Fallback: modelFallback()},
		},
		"MakeCall on a PVC": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
				Vc: 7, Parameters: &cmdpb.CallParameters{Permanent: true}, Channel: &cmdpb.ChannelID{Link: "lab", Vpi: 3, Vci: 100},
			}}},
			cm.MakeCall{Request: 5, VC: 7, Permanent: true, Channel: &cm.Channel{Link: "lab", VPI: 3, VCI: 100}},
		},
		"AddPVC": {
			addPVCOf(&cmdpb.PVCConfig{
				Link: "lab", Vpi: 3, Vci: 100, Name: "n\xff", Destination: "peer", Selector: new(uint32(0)), Bhli: []byte{3}, Blli: []byte{4},
				Contract: wireContract(),
			}),
			cm.AddPVC{Request: 5, Called: "peer", PVC: cm.PVC{
				Link: "lab", VPI: 3, VCI: 100, Name: "n\uFFFD", Offered: true, BHLI: []byte{3}, BLLI: []byte{4}, Contract: modelContract(),
			}},
		},
		"AddPVC of nothing": {addPVCOf(nil), cm.AddPVC{Request: 5}},
		"DeletePVC": {
			deletePVCOf(&cmdpb.ChannelID{Link: "lab", Vpi: 3, Vci: 100}),
			cm.DeletePVC{Request: 5, Channel: cm.Channel{Link: "lab", VPI: 3, VCI: 100}},
		},
		"AdminModify of nothing": {
			&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AdminModify{AdminModify: &cmdpb.AdminModify{}}},
			cm.AdminModify{Request: 5},
		},
	} {
		tc.sent.Request = 5
		got, err := api.DecodeRequest(tc.sent)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got, compare); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// refusedRequests are those whose numbers do not fit, and what the answer must say.
var refusedRequests = []struct {
	name, words string
	message     *cmdpb.ClientMessage
}{
	{"SAP selector", "selector 256 is no octet", sapOf(&cmdpb.RegisterSAP{Selector: 256})},
	{"SAP address", "address: ", sapOf(&cmdpb.RegisterSAP{Address: "49.xyz"})},
	{"calling address", "calling address: ", callOf(&cmdpb.CallParameters{Calling: "47.zz"})},
	{"called selector", "called selector 256 is no octet", callOf(&cmdpb.CallParameters{CalledSelector: new(uint32(256))})},
	{"category", "service category 5 is none", contractOf(&cmdpb.Contract{Category: 5})},
	{"negative category", "service category -1 is none", contractOf(&cmdpb.Contract{Category: -1})},
	{"PCR", "forward flow: a rate above 16777215 cells/s", contractOf(&cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: 1 << 24}})},
	{"MDCR", "backward flow: a rate above", contractOf(&cmdpb.Contract{Backward: &cmdpb.Flow{Mdcr: 1 << 24}})},
	{"SCR", "backward flow: a rate above", contractOf(&cmdpb.Contract{Backward: &cmdpb.Flow{Scr: 1 << 24}})},
	{"maximum SDU", "backward flow: an SDU has at most 65535", contractOf(&cmdpb.Contract{Backward: &cmdpb.Flow{MaxSdu: 65536}})},
	{"policed SDU", "forward flow: an SDU has at most 65535", contractOf(&cmdpb.Contract{Forward: &cmdpb.Flow{MinPoliced: 65536}})},
	{"rate of a modification", "backward flow: a rate above", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{
		ModifyCallQos: &cmdpb.ModifyCallQoS{Parameters: &cmdpb.CallParameters{Contract: &cmdpb.Contract{Backward: &cmdpb.Flow{Pcr: 1 << 24}}}},
	}}},
	{"minimum", "minimum: a rate above", callOf(&cmdpb.CallParameters{Minimum: &cmdpb.PeakRates{Backward: 1 << 24}})},
	{"alternative", "alternative: forward flow", callOf(&cmdpb.CallParameters{Alternative: &cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: 1 << 24}}})},
	{"minimum of a modification", "minimum: a rate above", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{
		ModifyCallQos: &cmdpb.ModifyCallQoS{Parameters: &cmdpb.CallParameters{Minimum: &cmdpb.PeakRates{Forward: 1 << 24}}},
	}}},
	{"rate of an administrator's modification", "backward flow: a rate above", adminModifyOf(&cmdpb.CallParameters{
		Contract: &cmdpb.Contract{Backward: &cmdpb.Flow{Pcr: 1 << 24}},
	})},
	{"minimum of an administrator's modification", "minimum: a rate above", adminModifyOf(&cmdpb.CallParameters{
		Minimum: &cmdpb.PeakRates{Forward: 1 << 24},
	})},
	{"transit delay", "a transit delay is at most 65535 ms", callOf(&cmdpb.CallParameters{Qos: &cmdpb.QoS{MaxDelayMs: 1 << 16}})},
	{"cell loss ratio", "a cell loss ratio is at most 255", callOf(&cmdpb.CallParameters{Qos: &cmdpb.QoS{Backward: &cmdpb.QoSFlow{MaxClr: 256}}})},
	{"FLOWSPEC and contract", "FLOWSPECs, or for a contract", callOf(&cmdpb.CallParameters{Transmit: guaranteed(1, 1), Contract: wireContract()})},
	{"FLOWSPEC and quality of service", "FLOWSPECs, or for a contract", callOf(&cmdpb.CallParameters{Receive: guaranteed(1, 1), Qos: &cmdpb.QoS{}})},
	{"rounding of what is whole", "a rounding without a FLOWSPEC", callOf(&cmdpb.CallParameters{Rounding: cmdpb.Rounding_ROUND_UP})},
	{"rounding", "rounding 3 is none", callOf(&cmdpb.CallParameters{Transmit: guaranteed(1, 1), Rounding: 3})},
	{"service type", "receive: service type 256 is none", callOf(&cmdpb.CallParameters{Receive: &cmdpb.FlowSpec{ServiceType: 256}})},
	{"negative service type", "transmit: service type -1 is none", callOf(&cmdpb.CallParameters{Transmit: &cmdpb.FlowSpec{ServiceType: -1}})},
	{"FLOWSPEC that contradicts itself", "FLOWSPEC: transmit: token_rate 0", callOf(&cmdpb.CallParameters{Transmit: guaranteed(0, 40)})},
	{"FLOWSPEC and contract of a modification", "FLOWSPECs, or for a contract", modifyOf(&cmdpb.CallParameters{Receive: guaranteed(1, 1), Contract: wireContract()})},
	{"FLOWSPEC and quality of service of a modification", "FLOWSPECs, or for a contract", modifyOf(&cmdpb.CallParameters{Receive: guaranteed(1, 1), Qos: &cmdpb.QoS{}})},
	{"rounding of a modification", "rounding 3 is none", modifyOf(&cmdpb.CallParameters{Transmit: guaranteed(1, 1), Rounding: 3})},
	{"rounding of a contract", "a rounding without a FLOWSPEC", modifyOf(&cmdpb.CallParameters{Contract: wireContract(), Rounding: 1})},
	{"service type of an administrator's modification", "transmit: service type 256 is none", adminModifyOf(&cmdpb.CallParameters{Transmit: &cmdpb.FlowSpec{ServiceType: 256}})},
	{"FLOWSPEC and contract of an administrator's modification", "FLOWSPECs, or for a contract", adminModifyOf(&cmdpb.CallParameters{Transmit: guaranteed(1, 1), Contract: wireContract()})},
	{"FLOWSPEC and contract of an answer", "FLOWSPECs, or for a contract", answerOf(&cmdpb.IncomingCallComplete{Parameters: &cmdpb.CallParameters{
		Changed: true, Transmit: guaranteed(1, 1), Contract: wireContract(),
	}})},
	{"service type of an answer", "receive: service type -1 is none", answerOf(&cmdpb.IncomingCallComplete{Parameters: &cmdpb.CallParameters{
		Changed: true, Receive: &cmdpb.FlowSpec{ServiceType: -1},
	}})},
	{"status of a close notification", "status 22 is none", notifyDone(22)},
	{"status", "status 22 is none", answerOf(&cmdpb.IncomingCallComplete{Status: 22})},
	{"status of more than an octet", "status 256 is none", answerOf(&cmdpb.IncomingCallComplete{Status: 256})},
	{"negative status", "status -1 is none", answerOf(&cmdpb.IncomingCallComplete{Status: -1})},
	{"status of many bits", "status 2147483647 is none", answerOf(&cmdpb.IncomingCallComplete{Status: 1<<31 - 1})},
	{"contract of an answer", "forward flow", answerOf(&cmdpb.IncomingCallComplete{Parameters: &cmdpb.CallParameters{
		Changed: true, Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 70000}},
	}})},
	{"cause", "cause 128 is not within 1 to 127", closeOf(&cmdpb.Cause{Value: 128})},
	{"cause of an answer", "cause 256 is not within", answerOf(&cmdpb.IncomingCallComplete{Status: 2, Cause: &cmdpb.Cause{Value: 256}})},
	{"cause for a party", "cause 128 is not within 1 to 127", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DropParty{
		DropParty: &cmdpb.DropParty{Party: 7, Cause: &cmdpb.Cause{Value: 128}},
	}}},
	{"channel of a PVC", "VPI/VCI 15/100 is none", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{
		MakeCall: &cmdpb.MakeCall{Channel: &cmdpb.ChannelID{Vpi: 15, Vci: 100}},
	}}},
	{"channel of a new PVC", "VPI/VCI 0/65536 is none", addPVCOf(&cmdpb.PVCConfig{Vci: 65536})},
	{"contract of a PVC", "forward flow", addPVCOf(&cmdpb.PVCConfig{Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: 1 << 24}}})},
	{"selector of a PVC", "selector 256 is no octet", addPVCOf(&cmdpb.PVCConfig{Selector: new(uint32(256))})},
	{"end of no PVC", "the channel of the PVC is missing", deletePVCOf(nil)},
	{"end of a PVC", "VPI/VCI 256/32 is none", deletePVCOf(&cmdpb.ChannelID{Vpi: 256, Vci: 32})},
	{"location", "cause location 16 is not within 0 to 15", closeOf(&cmdpb.Cause{Value: 16, Location: 16})},
	{"diagnostic", "cause diagnostic has 29 octets", closeOf(&cmdpb.Cause{Value: 16, Diagnostic: make([]byte, 29)})},
}

func addPVCOf(p *cmdpb.PVCConfig) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AddPvc{AddPvc: &cmdpb.AddPVC{Pvc: p}}}
}

func deletePVCOf(ch *cmdpb.ChannelID) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeletePvc{DeletePvc: &cmdpb.DeletePVC{Channel: ch}}}
}

func sapOf(s *cmdpb.RegisterSAP) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: s}}
}

func callOf(p *cmdpb.CallParameters) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{Parameters: p}}}
}

func contractOf(c *cmdpb.Contract) *cmdpb.ClientMessage {
	return callOf(&cmdpb.CallParameters{Called: "peer", Contract: c})
}

func answerOf(a *cmdpb.IncomingCallComplete) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: a}}
}

func adminModifyOf(p *cmdpb.CallParameters) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AdminModify{AdminModify: &cmdpb.AdminModify{Vc: 7, Parameters: p}}}
}

func closeOf(c *cmdpb.Cause) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Cause: c}}}
}

// The largest values that fit are taken.
func TestDecodeBounds(t *testing.T) {
	most := &cmdpb.Flow{Pcr: 1<<24 - 1, Scr: 1<<24 - 1, Mbs: 1<<32 - 1, Mdcr: 1<<24 - 1, MaxSdu: 65535, MinPoliced: 65535}
	for _, m := range []*cmdpb.ClientMessage{
		contractOf(&cmdpb.Contract{Category: cmdpb.Category_UBR, Forward: most, Backward: most}),
		sapOf(&cmdpb.RegisterSAP{Selector: 255}),
		answerOf(&cmdpb.IncomingCallComplete{Status: cmdpb.Status_VERSION_MISMATCH}),
		closeOf(&cmdpb.Cause{Value: 127, Location: 15, Diagnostic: make([]byte, 28)}),
	} {
		if _, err := api.DecodeRequest(m); err != nil {
			t.Errorf("%v: %v", m, err)
		}
	}
	for _, m := range []*cmdpb.ClientMessage{{}, getStatus(), listOf(cmdpb.ListKind_VCS, ""), traceOn("")} {
		if r, err := api.DecodeRequest(m); err == nil || !strings.Contains(err.Error(), "client model") {
			t.Errorf("%v became %v, %v", m, r, err)
		}
	}
}

// FuzzDecode feeds octets to the decoder: it returns a request with the number of the message, or
// says why not.
func FuzzDecode(f *testing.F) {
	for _, tc := range refusedRequests {
		m := proto.CloneOf(tc.message)
		m.Request = 1
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{})
	f.Add([]byte("\x08\x05"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(cmdpb.ClientMessage)
		if proto.Unmarshal(b, m) != nil {
			return
		}
		r, err := api.DecodeRequest(m)
		switch {
		case err != nil && (r != nil || err.Error() == ""):
			t.Errorf("%v became %v with the error %q", m, r, err)
		case err == nil && r.Number() != m.GetRequest():
			t.Errorf("%v has become number %d", m, r.Number())
		}
	})
}
