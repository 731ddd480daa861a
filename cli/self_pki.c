/* SPDX-License-Identifier: MIT */
/* table */
#include "cli/self.h"

/*
 * Ed25519, because its signatures are the same each time; valid from 2020 to 2099. The private keys are
 * published here: nobody may ever trust this CA for anything but a demonstration.
 */
const char self_ca[] = "-----BEGIN CERTIFICATE-----\n"
                       "MIIBKDCB26ADAgECAgEBMAUGAytlcDAbMRkwFwYDVQQDDBBoYW5kZmFzdCBzZWxm\n"
                       "IENBMCAXDTIwMDEwMTAwMDAwMFoYDzIwOTkxMjMxMjM1OTU5WjAbMRkwFwYDVQQD\n"
                       "DBBoYW5kZmFzdCBzZWxmIENBMCowBQYDK2VwAyEAGfXkS0JfTROIxFMKgIT6sTw+\n"
                       "2mSK4Zk6z/WnHnNE3Y6jQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQD\n"
                       "AgEGMB0GA1UdDgQWBBQK8C1JrwvsehRvgr4fNhx+dQY/yTAFBgMrZXADQQDwvAUc\n"
                       "AHL6ciNOAOv1DGHxbo1unNe3mk1ilN2U2D8v99lAXZvDl1dzBmUiJz58ZHr4+H6C\n"
                       "nv7uq8vwbp0/sxoA\n"
                       "-----END CERTIFICATE-----\n";
const char self_server_chain[] = "-----BEGIN CERTIFICATE-----\n"
                                 "MIIBdzCCASmgAwIBAgIBAjAFBgMrZXAwGzEZMBcGA1UEAwwQaGFuZGZhc3Qgc2Vs\n"
                                 "ZiBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1OVowGTEXMBUGA1UE\n"
                                 "AwwOc2VydmVyLmV4YW1wbGUwKjAFBgMrZXADIQBmV46vr8J22h+PMyLxZ6ge9IKd\n"
                                 "9vS7QaUAySVpNdsw8aOBkTCBjjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIH\n"
                                 "gDATBgNVHSUEDDAKBggrBgEFBQcDATAZBgNVHREEEjAQgg5zZXJ2ZXIuZXhhbXBs\n"
                                 "ZTAdBgNVHQ4EFgQUi/L7Sc5jdIcXHfwFgPg4mbU2cgswHwYDVR0jBBgwFoAUCvAt\n"
                                 "Sa8L7HoUb4K+HzYcfnUGP8kwBQYDK2VwA0EAMsVX4HgyjScxhX2qSiXQffK6TWq5\n"
                                 "ZxNj1ghIY+FTpcs0dcfIagUGeSlz3Ztu/ovEnLBMu1PdTN323ZvXQ608Aw==\n"
                                 "-----END CERTIFICATE-----\n";
const char self_server_key[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VwBCIEILYqsyFIEL13C+F8DL1U/cRzaGs6ij5o/S3CnBBVbpjs\n"
                               "-----END PRIVATE KEY-----\n";
const char self_client_chain[] = "-----BEGIN CERTIFICATE-----\n"
                                 "MIIBWjCCAQygAwIBAgIBAzAFBgMrZXAwGzEZMBcGA1UEAwwQaGFuZGZhc3Qgc2Vs\n"
                                 "ZiBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1OVowGTEXMBUGA1UE\n"
                                 "AwwOY2xpZW50LmV4YW1wbGUwKjAFBgMrZXADIQAqADhwITPWSmkCXkr0OC3L2wPn\n"
                                 "DfeBl2rSekIfZh2uRqN1MHMwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4Aw\n"
                                 "EwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0OBBYEFG7jqN5ik823dfRTcR+xAfUK\n"
                                 "02+BMB8GA1UdIwQYMBaAFArwLUmvC+x6FG+Cvh82HH51Bj/JMAUGAytlcANBAMRx\n"
                                 "nJuNHfXStpt5jomU4TPEd1UmvlN7zPayw3OdvOAkfzgEi0SOBnDVWJfJqQlv3aRH\n"
                                 "W8RWILtZzraU/f9XeQI=\n"
                                 "-----END CERTIFICATE-----\n";
const char self_client_key[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VwBCIEIKIeKHyfRDCu5CfYUDaxY0JLpMhj2lzK7AcIDFFBlbNq\n"
                               "-----END PRIVATE KEY-----\n";
