/// The families of random numbers that a run draws from its seed.
enum RandomStream: UInt64 {
    case think = 0x7468_696E_6B
    case backoff = 0x6261_636B_6F66_66
    case retry = 0x7265_7472_79
    case arrivals = 0x6172_7269_7661_6C73
    case startJitter = 0x6A69_7474_6572
}
