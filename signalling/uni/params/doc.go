// Package params translates between the parameters of a call, as the client model
// has them ([primitive.Params]), and the information elements of the messages that
// carry them (Q.2931 clause 4.5, UNI 4.0 sections 2, 8 and 9), and settles what the
// two ends of a call agree on.
//
//	     calling side                                       called side
//	primitive.SetupReq                                  primitive.SetupInd
//	  | Clamp, Limit: what link and profile carry          ^
//	  | Room.Negotiate: what there is room for             | Room.Negotiate, Clamp
//	  | Setup             --------- SETUP -------->        | ReadSetup, AskedBy
//	  v
//	primitive.ConnectInd                                primitive.AcceptReq
//	  ^                                                    | AdoptAnswer
//	  | AdoptConnect      <-------- CONNECT -------        v Asked.AnswerSetup
//
// The same pairs serve the other two handshakes:
//
//	ADD PARTY                 AddParty          ReadAddParty
//	ADD PARTY ACKNOWLEDGE     AdoptConnect      Asked.AnswerAddParty
//	MODIFY REQUEST            ModifyRequest     ReadModifyRequest
//	MODIFY ACKNOWLEDGE        ReadModifyAck     Asked.AnswerModifyRequest
//
// Each element has a file: traffic.go the broadband bearer capability and the ATM
// traffic descriptor, aal.go the AAL parameters, fallback.go the minimum and the
// alternative descriptor, qos.go transit delay and extended QoS, number.go the
// party numbers, layer.go the low layer information, useruser.go user-user
// information.
//
// The functions keep no state and do not block. What they make shares the slices of
// what they are given. An [Error] names the cause that the other user is told.
package params
