// swift-tools-version: 6.2
import PackageDescription

/// Nonsending awaits are what makes a straight-line user cheap on its own executor; the others keep
/// existentials, imports and access honest. A warning is an error. That nothing is used while it is
/// changed is checked at run time by the debug build, which has all the tests; in the release build
/// the checks would take a thirtieth of an exchange.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "chatload",
    targets: [
        .systemLibrary(name: "LinuxSystem"),
        .target(name: "Base", dependencies: ["LinuxSystem"], swiftSettings: settings),
        .target(
            name: "Networking", dependencies: ["Base", "LinuxSystem"], swiftSettings: settings),
        .target(
            name: "ChatloadKit", dependencies: ["Base", "Networking"], swiftSettings: settings),
        .target(name: "Sandbox", dependencies: ["Base", "Networking"], swiftSettings: settings),
        .executableTarget(
            name: "chatload", dependencies: ["Base", "Networking", "ChatloadKit", "Sandbox"],
            swiftSettings: settings),
        .target(
            name: "Support", dependencies: ["Base", "Networking"], path: "Tests/Support",
            swiftSettings: settings),
        .testTarget(
            name: "BaseTests", dependencies: ["Base", "Support"], swiftSettings: settings),
        .testTarget(
            name: "NetworkingTests", dependencies: ["Networking", "Base", "Support"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatloadKitTests",
            dependencies: ["ChatloadKit", "Sandbox", "Networking", "Base", "Support"],
            swiftSettings: settings),
        .testTarget(
            name: "SandboxTests", dependencies: ["Sandbox", "Networking", "Base", "Support"],
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: ["chatload", "ChatloadKit", "Sandbox", "Networking", "Base", "Support"],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["chatload", "ChatloadKit", "Sandbox", "Networking", "Base", "Support"],
            swiftSettings: settings),
    ]
)
