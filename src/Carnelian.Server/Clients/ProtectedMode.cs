namespace Carnelian;

/// <summary>A server without a password serves only the machine that it runs on, unless it is told otherwise.</summary>
internal static class ProtectedMode
{
    /// <summary>Redis' text, for people who meet it and search for it.</summary>
    public static ReadOnlySpan<byte> Refusal =>
        ("-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. "u8 +
        "In this mode connections are only accepted from the loopback interface. "u8 +
        "If you want to connect from external computers to Redis you may adopt one of the following solutions: "u8 +
        "1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis "u8 +
        "from the same host the server is running, "u8 +
        "however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. "u8 +
        "2) Alternatively you can just disable the protected mode by editing the Redis configuration file, "u8 +
        "and setting the protected mode option to 'no', and then restarting the server. "u8 +
        "3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. "u8 +
        "4) Set up an authentication password for the default user. "u8 +
        "NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n"u8);
}
