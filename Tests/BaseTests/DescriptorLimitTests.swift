import Glibc
import Base
import Testing

@Suite struct DescriptorLimitTests {
    @Test func theSoftLimitBecomesTheHardOne() {
        let limit = ThisProcess.raiseDescriptorLimit()
        var inForce = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &inForce) == 0)
        #expect(inForce.rlim_cur == inForce.rlim_max)
        #expect(limit == Int(clamping: inForce.rlim_max))
        #expect(ThisProcess.raiseDescriptorLimit() == limit, "and again")
    }
}
