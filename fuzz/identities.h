/* SPDX-License-Identifier: MIT */
/* table */
#ifndef HF_FUZZ_IDENTITIES_H
#define HF_FUZZ_IDENTITIES_H

/*
 * Fixed certificates and keys for fuzzing and for the tests that lie: a corpus and a seed mean the same on
 * every machine. Published here, so worth nothing anywhere else. Valid from 2026 to 2126; one root signed
 * them all.
 */
/* clang-format off */
#define ROOT_PEM \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBbjCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJoYW5kZmFz\n" \
    "dCB0ZXN0IHJvb3QwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMB0x\n" \
    "GzAZBgNVBAMMEmhhbmRmYXN0IHRlc3Qgcm9vdDBZMBMGByqGSM49AgEGCCqGSM49\n" \
    "AwEHA0IABKIxgYcGAN71O2LA8iowXAGoIU4OwbQq3c+KSMd4wWTqd4QJPIAW2E1T\n" \
    "GbA/+W4Gc26juRpt417V4tXktzQ/U2qjQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYD\n" \
    "VR0PAQH/BAQDAgEGMB0GA1UdDgQWBBTmm4SYhyz5te6qcbBZjTDDbVRBRjAKBggq\n" \
    "hkjOPQQDAgNJADBGAiEAlr5AoRKPUHjshzlwP5MHs7URJSo15i95CGZqicypUU8C\n" \
    "IQCAKn1LnxPWPYzNO8Au09DADvap7iKJW/speFnFFtB88Q==\n" \
    "-----END CERTIFICATE-----\n"
#define SERVER_ED25519_PEM \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBhTCCASqgAwIBAgIBAjAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJoYW5kZmFz\n" \
    "dCB0ZXN0IHJvb3QwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBYx\n" \
    "FDASBgNVBAMMC3NlcnZlci50ZXN0MCowBQYDK2VwAyEA93YG1bGa0UJ5LSMnUOIb\n" \
    "Ge/Cs6g6Oh8yhI06ooh85a2jgY4wgYswDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8E\n" \
    "BAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwFgYDVR0RBA8wDYILc2VydmVyLnRl\n" \
    "c3QwHQYDVR0OBBYEFDhr7vKUohZPulqNZOKSB7zp5oC5MB8GA1UdIwQYMBaAFOab\n" \
    "hJiHLPm17qpxsFmNMMNtVEFGMAoGCCqGSM49BAMCA0kAMEYCIQDbgpijMxBW91Uz\n" \
    "zk8DbGVIItCsthsTCmGygjHhM08FSQIhAPC13xe2L2KsYedgiO2elFcqaXMsu/fm\n" \
    "yVkr6tqjsdRU\n" \
    "-----END CERTIFICATE-----\n"
#define SERVER_ED25519_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MC4CAQAwBQYDK2VwBCIEIL9UXLyhbF8EQedrcS94OMH6tuvxJU90quOW++EIhZTK\n" \
    "-----END PRIVATE KEY-----\n"
#define SERVER_P256_PEM \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBtDCCAVmgAwIBAgIBAzAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJoYW5kZmFz\n" \
    "dCB0ZXN0IHJvb3QwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBYx\n" \
    "FDASBgNVBAMMC3NlcnZlci50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n" \
    "yPcwIzD1Ga1USSLK2VVmY8co7WcnUmNDd/yeVcpQfQtC3aYyX3JNFvGtss4zYLTw\n" \
    "y0iphN9QfXQ4teltfyxTOKOBjjCBizAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQE\n" \
    "AwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAWBgNVHREEDzANggtzZXJ2ZXIudGVz\n" \
    "dDAdBgNVHQ4EFgQUYr7Bzr+AJwraenKv3PNZTi6jmyswHwYDVR0jBBgwFoAU5puE\n" \
    "mIcs+bXuqnGwWY0ww21UQUYwCgYIKoZIzj0EAwIDSQAwRgIhAIBppdyGW/uEXTGZ\n" \
    "sh4k9xqFHz+lsyszTPVsiPsN/HtbAiEA7boRlbBxYZWovYr15Bc+aFqatMJ2hbHM\n" \
    "szabrrrfOik=\n" \
    "-----END CERTIFICATE-----\n"
#define SERVER_P256_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg52pRY2uepPqa/d66\n" \
    "J1bl6jE1SvpEGBccKsfOLkrfhDGhRANCAATI9zAjMPUZrVRJIsrZVWZjxyjtZydS\n" \
    "Y0N3/J5VylB9C0LdpjJfck0W8a2yzjNgtPDLSKmE31B9dDi16W1/LFM4\n" \
    "-----END PRIVATE KEY-----\n"
#define SERVER_RSA_PEM \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIICfTCCAiSgAwIBAgIBBDAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJoYW5kZmFz\n" \
    "dCB0ZXN0IHJvb3QwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBYx\n" \
    "FDASBgNVBAMMC3NlcnZlci50ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB\n" \
    "CgKCAQEAnm1k1dOpOYBN8FP9APnm9CUyYGV1YJ3kIUXLRZlOFmty9e6UYFmoQ7XN\n" \
    "N1cU+bO7/XvheqGCE+x0ERVcfxkE44FglTAklraozkqqdE2azjTHsIUbkY6avt1S\n" \
    "vNISm+OadyJhNGdaib49CdZCfucoRJnFUOa1Tp3gXg4H1XseFCPTnhZEBh7/JGao\n" \
    "lKng6cQbU1USWoXhjs75wxMpwNkwXuUGj7ew2zlX60c79gQL6oRMNWJqmi724Rbi\n" \
    "KqeqZmE72aEUKG+w6TH+DGttXVGjvU1f9Tg4QOSF/gqoXTlovfRaNpbBpM9QIXmk\n" \
    "U31YmB4N/Rd6nr3Jg0xVeNMK7uMB7QIDAQABo4GOMIGLMAwGA1UdEwEB/wQCMAAw\n" \
    "DgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMBMBYGA1UdEQQPMA2C\n" \
    "C3NlcnZlci50ZXN0MB0GA1UdDgQWBBQqsTZod+nM8K0cEF+zUM4U+AfX+TAfBgNV\n" \
    "HSMEGDAWgBTmm4SYhyz5te6qcbBZjTDDbVRBRjAKBggqhkjOPQQDAgNHADBEAiBo\n" \
    "FetxdrG5gE7YwO6qsEgn61LGz6b2KyAjU8tKSkKSxwIgDRURzB4G3D3+Y1FfdJQ6\n" \
    "EWW+OPmqI4OaqC+18O4KF48=\n" \
    "-----END CERTIFICATE-----\n"
#define SERVER_RSA_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCebWTV06k5gE3w\n" \
    "U/0A+eb0JTJgZXVgneQhRctFmU4Wa3L17pRgWahDtc03VxT5s7v9e+F6oYIT7HQR\n" \
    "FVx/GQTjgWCVMCSWtqjOSqp0TZrONMewhRuRjpq+3VK80hKb45p3ImE0Z1qJvj0J\n" \
    "1kJ+5yhEmcVQ5rVOneBeDgfVex4UI9OeFkQGHv8kZqiUqeDpxBtTVRJaheGOzvnD\n" \
    "EynA2TBe5QaPt7DbOVfrRzv2BAvqhEw1YmqaLvbhFuIqp6pmYTvZoRQob7DpMf4M\n" \
    "a21dUaO9TV/1ODhA5IX+CqhdOWi99Fo2lsGkz1AheaRTfViYHg39F3qevcmDTFV4\n" \
    "0wru4wHtAgMBAAECggEACPFFUhGEuY9tts1S2GGCwRCxb4ICll3LMPqazvaokvjl\n" \
    "MA8Ttn2REyNZrlA+yZp018nMkCq6KCw+X/F7+1ua7EmS/VDOm+g7Dovl47M2tAGE\n" \
    "LQlSZUyunOvqvehAryZxg1yALqBP2rsPgHTk43tiST8BxX+ER+f+8Ggr1ofAyqOl\n" \
    "SQmsAn8LcTt5bHf6lpH/DvPe3ftd1pgu9ASRoqTLiuBvbmgqHrp/4MNuJJ0hJz3D\n" \
    "D4QjiMNyQp/KvajU2L65sZpX+iwujoziDM0sTxBapbKxq8pa6pTWnaJC6Ye+0VZ4\n" \
    "+UNVnSibCKAJr9y7HeqIzZcxsi2046pHEGsYf23WKQKBgQDWBL831jqapjYs/xk7\n" \
    "EqndKKymkheQD36hOHSaN3zu6d2+ObzKk54FfEfJRAWmvkZjyT4y8TkwLh1XkRoG\n" \
    "EsrnEKd+2ZpNLBjfXpWYHvNOZPtWyxBAs3+GNDnLT+zzVa5qx/JzERVdJjRuhAFI\n" \
    "7ggctAfABH2rxiNEdg/vTQEABQKBgQC9gQ17NkW7Kwe6gt6eXOatcu2jAACTEe/J\n" \
    "alE3KqkcOzGCgxgMrXcwyFo7WNLmWX1ChefnQKwStsb/b31yqvxkk0VJN8cimjTh\n" \
    "dL6XInfjrNQcwBDWvLHRgrfTduRRfC8B6RNaHf8avXeIsDFxu4OzcZSCkvTNEvpo\n" \
    "WVdzajhmyQKBgDFXFNKFpCslKJZFFYcF7X1cNDmOsrn2qIX4owEuy7G03vdNDlZR\n" \
    "o/u1xEMFWJwxf77flWRfMoUGDKO0gyBlUrvkngjjl+w0v2M3xhs0/3jSVROUayHP\n" \
    "gBXrkmtp+MG8viJGCII4rQk1lp7n9fffUKV1Z9f/8Q0Z9+V/pnrP8OwVAoGATp5c\n" \
    "rnJMqaLneOxUWVTnaqwUhJw6oMk/NsuB2CY9tHWmS6QBdTj+CuID9T0bee9EdTXC\n" \
    "iQEeokDr/AsP+2OOhFdI1mBqoCNjrulVLLRjErSf5zGTitML3oShqPxZKqkfg2Zj\n" \
    "3e416K0UC0Q1rx6BPA/x8d3v66hk9KekDUDTF2kCgYBzoKy7dnyBFaMLuKXps/Jy\n" \
    "QUBgmrCw2+C+wHzvsujvaRAg1PgX2QRrL34I6REDupocjJd8vr7DmTdJpNvBB4d9\n" \
    "r+Ul/tyBkuadYcOgqXDUn442stSxYUnVLVJ7edyVedYck2ESFv7rwJFg2UzoIRop\n" \
    "Xq5fF7/Rhqx5aINu59h6oQ==\n" \
    "-----END PRIVATE KEY-----\n"
#define CLIENT_ED25519_PEM \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBbDCCAROgAwIBAgIBBTAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJoYW5kZmFz\n" \
    "dCB0ZXN0IHJvb3QwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBkx\n" \
    "FzAVBgNVBAMMDmNsaWVudCBlZDI1NTE5MCowBQYDK2VwAyEAvetaQRbP96KKSVwZ\n" \
    "tkCX2l0c3uGd/Uc5Nz/WLe7WzM2jdTBzMAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/\n" \
    "BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB0GA1UdDgQWBBQwB1LcknoKdvyB\n" \
    "Lo5nvycOr9nJqjAfBgNVHSMEGDAWgBTmm4SYhyz5te6qcbBZjTDDbVRBRjAKBggq\n" \
    "hkjOPQQDAgNHADBEAiB4kDHalNo5yGO5RbXePIoBBwN6uT4qesGHCuywpEdB2AIg\n" \
    "aiRshVzhVpMiExvOnjVmg0P/9RhCeSxItWXUCOV0SWY=\n" \
    "-----END CERTIFICATE-----\n"
#define CLIENT_ED25519_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MC4CAQAwBQYDK2VwBCIEILE9c0tIOeQnza3Xp4m8P6pGHTQlmVqbx2fz2oLs9xrf\n" \
    "-----END PRIVATE KEY-----\n"
#define CLIENT_P256_PEM \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBmTCCAT+gAwIBAgIBBjAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJoYW5kZmFz\n" \
    "dCB0ZXN0IHJvb3QwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBYx\n" \
    "FDASBgNVBAMMC2NsaWVudCBwMjU2MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n" \
    "XR8lQ4Amb/sS8ocex5dp1AFkOtgEpezM08klCG9eO94wg6GWCeuyes37V0x+aHQO\n" \
    "KoGkBPEy8jWs8gt1o+EA8KN1MHMwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMC\n" \
    "B4AwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0OBBYEFICtB5NPldqHqv8zHTVU\n" \
    "3tTeLEfcMB8GA1UdIwQYMBaAFOabhJiHLPm17qpxsFmNMMNtVEFGMAoGCCqGSM49\n" \
    "BAMCA0gAMEUCIAsSH277SLB+SlP6oRWBaRP5H/zPuKCVDBW1mtHHqdvOAiEA+Zcv\n" \
    "XM94K9YT3Q1Cv0lNIQIsk55ldppWRFZzn5d23Ck=\n" \
    "-----END CERTIFICATE-----\n"
#define CLIENT_P256_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGVKmWHER6RLLDHrA\n" \
    "Vqiv4UsP/jBv2a2SeVoPU1TwszihRANCAARdHyVDgCZv+xLyhx7Hl2nUAWQ62ASl\n" \
    "7MzTySUIb1473jCDoZYJ67J6zftXTH5odA4qgaQE8TLyNazyC3Wj4QDw\n" \
    "-----END PRIVATE KEY-----\n"
#define CLIENT_RSA_PEM \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIICYzCCAgmgAwIBAgIBBzAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJoYW5kZmFz\n" \
    "dCB0ZXN0IHJvb3QwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBUx\n" \
    "EzARBgNVBAMMCmNsaWVudCByc2EwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEK\n" \
    "AoIBAQC338vsYL/GbTPIZfgksGCSNQLRfEEJOycdFNeNF7XtwKoUPNrqL3LiFK35\n" \
    "8c/1OqPNJrf3cnuZU9kuBwcWbt051XhdQupXPSwJaopXhaGKVvvA3imT5BZlGye/\n" \
    "D2tf8og0yztDqOFlk4QAdYZHCST1T3eKMXCssR63zwxvNflsNb2L0N6xZs1tRc6j\n" \
    "pdUKbz1oiObsa3mFnjM729av3c0avHX3rgLJEjYRtWDwGAlsk8ao9Uzrpw8val5D\n" \
    "ZUQfKWsYDMhxSmffYxl+GzEo7Vi9bHLGeSRys4EZG5/G2k9aKSG1y45ObdpNfYoy\n" \
    "MXIfGxUmLs3HvtuGqvN7Np2yLBFhAgMBAAGjdTBzMAwGA1UdEwEB/wQCMAAwDgYD\n" \
    "VR0PAQH/BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB0GA1UdDgQWBBRrbwD/\n" \
    "myco/Pv2psb6DzBgfaK7ZzAfBgNVHSMEGDAWgBTmm4SYhyz5te6qcbBZjTDDbVRB\n" \
    "RjAKBggqhkjOPQQDAgNIADBFAiBZKdpvGUCBS+CtfPD9Mn4ymKKRzW8eatKFyU6Z\n" \
    "N/XwzQIhAP2utNW+4ckvQjH3I2iJkNNjEBQBq273FZD7Sp0r6vHU\n" \
    "-----END CERTIFICATE-----\n"
#define CLIENT_RSA_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC338vsYL/GbTPI\n" \
    "ZfgksGCSNQLRfEEJOycdFNeNF7XtwKoUPNrqL3LiFK358c/1OqPNJrf3cnuZU9ku\n" \
    "BwcWbt051XhdQupXPSwJaopXhaGKVvvA3imT5BZlGye/D2tf8og0yztDqOFlk4QA\n" \
    "dYZHCST1T3eKMXCssR63zwxvNflsNb2L0N6xZs1tRc6jpdUKbz1oiObsa3mFnjM7\n" \
    "29av3c0avHX3rgLJEjYRtWDwGAlsk8ao9Uzrpw8val5DZUQfKWsYDMhxSmffYxl+\n" \
    "GzEo7Vi9bHLGeSRys4EZG5/G2k9aKSG1y45ObdpNfYoyMXIfGxUmLs3HvtuGqvN7\n" \
    "Np2yLBFhAgMBAAECggEAGRqj/oTYX2CqG5KDG4ySfW5hZnUpcqIx3Trq5vzgE4gk\n" \
    "xcM9PDtNhb0UYmCiZ4p3B1u27ZYiy99Hx+H2ahipeZZB6wcSHuZfgcrwUly7SRDx\n" \
    "KaGWBEwKxrO7bHl6y8xoI5UaZUrEY0LjAyZd4TWdZySktH263XOyjEk8xbOVIdxv\n" \
    "wEVdInGYw5pX0vBP8a4bPCmmYZt2S9Y35wdEIz3ngYszitxvRN2aMc2pQtyOu/l6\n" \
    "yu++arNdaxBt6m8/pdTkDYEonQQpP/hzwng+G5SQKAdecHcZFC4667DPY6merUfv\n" \
    "4NOjeEC3mz2BLiYXKatfUGoTYs5WvLwfY7wP39r55QKBgQDoMwxnDPbjGrpKZIWl\n" \
    "Y/ykpnDuJU6fjo6W8lr6ScHvW1dA2nYnY1mc/pFnoeAjxrA5RLAcc7SPjLKQY8Eo\n" \
    "OVmLs+HZTLwhc4P799MZK2ZmWqicQRfdx7Fl5Kge5kXPVRVHXgrMmb5eukw1f11g\n" \
    "a9nInI8/O7L6KR4rOVvZ2beKfwKBgQDKuK/KCZWF5v5vGsuuxKsza6d1YUqTAuGw\n" \
    "JT+m8uk2lLdk8xqOSsredqS9XrjxgZqv7p3mvq3vI4TIO0u8w7O5D4CU/qJBw3oR\n" \
    "1aD9dECZscXk421rihPv/Fpj8C6nqu+ZM+X6+mx67+08EKUhA4zhMiiNFO2rvLQ2\n" \
    "xAynhe+0HwKBgQChX9EP0X/IKCwuRZxobIwKNi6oI793vpC0sWyvJBGnczi5ttqE\n" \
    "11RRes69UlA/LPgOZQFsVLG5TlRPazSz6t+j6vlclyrsqKaiuAK7LGF3YyxppAed\n" \
    "OAq/QOHiz7DWvlASkHY66eLXXOxYBdN0jqAF/2DC1o+1slvoOG3wgpI/qwKBgF0i\n" \
    "XnjG0HAVQN2QhPVFG5ZjJisySI2j7EX9xvGPdf+CcYMqgQ/QYsWz4lmyE+u4bHXZ\n" \
    "fafOAKD2Q4GuZExT6NTjv2I0Xh0yjnl1GSJ4b1ltKArRRar7Y8+Es45ogTa8vJk5\n" \
    "E7arqH0Oj4Jh70tskyO+5Ix0igC1kGH8zgeE7CxnAoGBALxsRCFDCWljxMzD0X9v\n" \
    "0LV5NpxFPxqOQPwd+rcUcBETaiS5viXFnyNZZaGpxhezgJsBs5LDy/zBOhH5BvCq\n" \
    "0hZ7X1RBgX8pIJe/sksLVouhr5FrjA18ovOsMNgvyGQZO/IaP3Eo6l9RHsZPUYUF\n" \
    "gDe79172ZJqORtYlptrdpw/X\n" \
    "-----END PRIVATE KEY-----\n"
/* clang-format on */

#endif
